"""Phrases that templates share: the alternatives of each `@name`, in the notation of `notation.py`.

None of them reveals a mention's type. Those with `%` contain the mention of that letter (`@name:A`), the mention with its
evidence beside it (`@np:A`, `@kin:A`), a clause with both (`@depclause:A`, `@frameclause:A`, `@farclause:A`), or only its
evidence (`@clause:A`, `@aside:A`, `@tobe:A`). An alternative that is listed twice is drawn twice as often.
"""

ADJUNCTS: dict[str, tuple[str, ...]] = {
    "time": (
        "[obl=ARGM-TMP on Monday]",
        "[obl=ARGM-TMP on Tuesday]",
        "[obl=ARGM-TMP late on Friday]",
        "[obl=ARGM-TMP in March]",
        "[obl:tmod=ARGM-TMP last *week]",
        "[obl:tmod=ARGM-TMP earlier this *month]",
        "[advmod=ARGM-TMP yesterday]",
    ),
    "opening": (
        "[obl=ARGM-TMP after *weeks [nmod of silence] ,]",
        "[obl=ARGM-TMP for the second *time [nmod in a year] ,]",
        "[obl=ARGM-ADV despite a long *delay ,]",
        "[obl=ARGM-ADV to wide *interest ,]",
        "[obl=ARGM-ADV in the *view [nmod of @people] ,]",
    ),
    "lead": ("", "", "", "@opening"),
    "source": (
        "[obl=ARGM-ADV , [case *according [fixed to/ADP]] @people]",
        "[obl=ARGM-ADV , [case *according [fixed to/ADP]] a *statement [acl !seen [obl:agent=ARG0 by reporters]]]",
    ),
    "end": ("", "", "@source"),
    "talks": (
        "",
        "[advcl=ARGM-TMP after [nsubj=ARG1 talks] !collapsed]",
        "[advcl=ARGM-TMP before [nsubj=ARG1 talks] !resumed]",
        "[advcl=ARGM-TMP until [nsubj=ARG1 talks] !resumed]",
    ),
    "setting": (
        "[obl=ARGM-LOC at the briefing]",
        "[obl=ARGM-LOC at a public *hearing]",
        "[obl=ARGM-LOC in a radio *interview]",
        "[obl=ARGM-LOC at a news *conference]",
    ),
    "plain": (
        "",
        "",
        "little-known",
        "troubled",
        "much-discussed",
        "well-known",
        "[amod rather *modest]",
        "celebrated",
    ),
    "sort": ("", "", "second", "costly", "new", "much-discussed", "further"),
    "later": ("later", "eventually", "finally", "quietly", "soon"),
    "like": ("like", "unlike"),
    "join": ("and", "but", "yet"),
}
PARTICIPANTS: dict[str, tuple[str, ...]] = {
    "people": ("*officials", "senior *officials", "*analysts", "two *ministers", "several *aides", "*investigators"),
    "powers": ("*officials", "senior *officials", "two *ministers", "the *authorities"),
    "helpers": ("*volunteers", "local *reporters", "*inspectors", "a team [nmod of inspectors]", "camera *crews"),
    "few": ("*few/ADJ", "few *readers", "hardly anyone", "not many *people", "only a few *experts"),
    "report": ("the *report", "a new *report", "the *inquiry", "an internal *memo", "a leaked *file"),
    "attention": (
        "fresh *attention",
        "wide *interest",
        "little *notice",
        "a *wave [nmod of headlines]",
        "far more *coverage [obl than *usual]",
    ),
    "debate": (
        "*questions [nmod about %]",
        "*talk [nmod of %]",
        "the *debate [nmod about %]",
        "the *row [nmod over %]",
        "a *story [nmod about %]",
        "*interest [nmod in %]",
    ),
    "name": (
        "%",
        "%",
        "%",
        "*% [advmod , meanwhile ,]",
        "*% [acl , ARG1<% long/ADV !overlooked ,]",
        "*% [acl , ARG1<% first/ADV !named [obl=ARGM-LOC in the report] ,]",
    ),
    "np": (
        "*% [appos , a @plain %:noun ,]",
        "*% [appos , a @plain %:noun ,]",
        "*% [appos , the @plain %:noun ,]",
        "*% [appos ( a @plain %:noun )]",
        "the @plain [compound %:noun] *%",
        "the @plain [compound %:noun] *%",
        "the %:adjective *%",
    ),
    "kin": ("the *%:kin [nmod of %]", "[nmod:poss % 's] *%:kin"),
}
PREDICATES: dict[str, tuple[str, ...]] = {
    "news": (
        "!drew [obj=ARG1 @attention]",
        "!dominated [obj=ARG1 the front *pages]",
        "!made [obj=ARG1 headlines]",
        "!left [obj=ARG1 the headlines]",
        "!returned [obl=ARG4 to the headlines]",
        "!stayed [obl=ARGM-LOC in the news]",
    ),
    "grew": ("!continued", "!faded", "!grew", "!spread", "!resurfaced"),
    "worked": ("!worked", "!waited", "!slept", "!stayed", "!arrived", "!gathered"),
    "said": ("!said", "!confirmed", "!denied", "!agreed"),
    "asked": ("!asked", "!spoke", "!worried", "!warned"),
    "discussed": ("!discussed", "!mentioned", "!named", "!praised", "!criticised"),
    "beat": ("!replaced", "!overshadowed", "!outlasted", "!followed"),
    "face": ("!faced", "!feared", "!avoided", "!survived", "!awaited", "!escaped"),
    "described": ("!described", "!portrayed", "!listed", "!remembered", "!dismissed"),
    "expected": ("!expected", "!thought", "!said", "!rumoured"),
    "tobe": (
        "[xcomp=ARG2 to be !%:action ARG1<%]",
        "[xcomp=ARG2 to have been !%:action ARG1<%]",
        "[xcomp=ARG2 to have been @later !%:action ARG1<%]",
    ),
}
CLAUSES: dict[str, tuple[str, ...]] = {
    "depclause": (
        "[nsubj=ARG0 @np:%] @news",
        "[nsubj=ARG0 @np:%] @news",
        "[nsubj:pass=ARG1 @name:%] was !%:action",
        "[nsubj=ARG0 @powers] !%:action [obj=ARG1 %]",
        "[nsubj=ARG0 @kin:%] !declined [xcomp=ARG1 to !comment/VERB]",
        "[nsubj @name:%] was *%:adjective",
        "[nsubj=ARG1 @name:%] !%:intransitive",
        "[nsubj=ARG0 @helpers] @worked [obl=ARGM-LOC %:preposition %]",
    ),
    "frameclause": (
        "[nsubj=ARG0 @name:%] @face [obj=ARG1 a @sort %:affair]",
        "[nsubj:pass=ARG1 @name:%] was @described [obl=ARG2 as a @plain %:noun]",
        "[nsubj:pass=ARG1 @name:%] was @expected @tobe:%",
        "[nsubj=ARG0 @people] @described [obj=ARG1 %] [obl=ARG2 as a @plain %:noun]",
        "[nsubj=ARG0 @name:%] @news [conj and was @later !%:action ARG1<%]",
        "[nsubj=ARG1 the *prospect [nmod of a @sort %:affair]] !hung [obl=ARGM-LOC over %]",
    ),
    "farclause": (
        "[nsubj=ARG1 @debate:%] @grew [parataxis ( @clause:% )]",
        "[nsubj=ARG0 @name:%] @news [parataxis ( @clause:% )]",
        "[nsubj=ARG0 %] [parataxis ( @clause:% )] @news",
        "[nsubj:pass=ARG1 @name:%] was @discussed [parataxis ( @clause:% )]",
    ),
    "nounclause": (
        "[nsubj=ARG0 @few] had !heard [obl=ARG1 of the %:noun]",
        "[nsubj=ARG0 @few] !knew [obl=ARG1 of the %:noun]",
        "[nsubj:pass=ARG1 little/ADJ] was !known [obl=ARG2 about the %:noun]",
        "[nsubj opinion [nmod on the %:noun]] was *divided",
        "[nsubj the %:noun] was hardly *famous",
    ),
    "kinclause": (
        "[nsubj the %:kin] was not *available [obl for comment]",
        "[nsubj=ARG0 the %:kin] would not !comment/VERB",
        "[nsubj=ARG0 the %:kin] !promised [obj=ARG1 a statement]",
        "[nsubj=ARG0 @people] still !waited [obl=ARG2 for the %:kin]",
    ),
    "affairclause": (
        "[nsubj=ARG1 *details [nmod of the %:affair]] !remained [xcomp=ARG3 scarce]",
        "[nsubj=ARG0 @people] would not !discuss [obj=ARG1 the %:affair]",
        "[nsubj the *cost [nmod of the %:affair]] was still *unclear",
        "[nsubj:pass=ARG1 no *date [nmod for the %:affair]] was !given",
    ),
    "clause": ("@nounclause:%", "@kinclause:%", "@affairclause:%"),
    "aside": (
        "[parataxis ; @clause:%]",
        "[parataxis : @clause:%]",
        "[parataxis ( @clause:% )]",
        "[conj , @join @clause:%]",
    ),
}
PHRASES = ADJUNCTS | PARTICIPANTS | PREDICATES | CLAUSES
