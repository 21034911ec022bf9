"""Templates that put the evidence for mention A next to it in the tree: title, apposition, verb, preposition, ..."""

TRAIN = """
[nsubj=ARG0 @np:A] @news @time @end .
[nsubj:pass=ARG1 @name:A] was !A:action:dependency @time @end .
[nsubj=ARG0 @powers] !A:action:dependency [obj=ARG1 A] @time @talks .
[nsubj=ARG0 @kin:A] !declined [xcomp=ARG1 to !comment/VERB] @time @end .
[nsubj=ARG0 @kin:A] !told [obj=ARG2 reporters] [ccomp=ARG1 that [nsubj the matter] was *closed] .
[nsubj @name:A] was *A:adjective:dependency [obl by last *spring] @end .
[nsubj=ARG0 @helpers] @worked [obl=ARGM-LOC A:preposition:dependency A] @time @end .
[nsubj=ARG1 @name:A] !became [xcomp=ARG2 a @plain A:noun:dependency] @time @end .
[nsubj=ARG1 @name:A] @later !became [xcomp=ARG2 a @plain A:noun:dependency] @talks .
[nsubj=ARG0 *A [appos , a *kind [nmod of @mod A:noun:dependency] ,]] @news @time @end .
[nsubj=ARG1 @name:A] !A:intransitive:dependency @time @talks .
[nsubj=ARG0 @people] !spoke [obl=ARG1 of the A:adjective:dependency A] [obl=ARGM-MNR with caution] @time .
[nsubj=ARG0 @people] !questioned [obj=ARG1 @kin:A] [obl=ARGM-TMP for hours] @time @end .
[nsubj @name:A] was only a *A:noun:dependency [advcl when [nsubj=ARG0 @people] first/ADV !noticed [obj=ARG1 the problem]] .
[nsubj=ARG0 @people] @said [ccomp=ARG1 that [nsubj:pass=ARG1 @name:A] would be !A:action:dependency] @time .
[nsubj=ARG0 a *spokesman [nmod for @np:A]] @said [ccomp=ARG1 that [nsubj=ARG1 plans] had not !changed] @time .
[nsubj:pass=ARG1 *A [acl , ARG1<A @discussed [obl=ARGM-LOC in a *report [nmod about @np:B]] ,]] was !A:action:dependency @time .
[nsubj=ARG1 *A [acl , ARG1<A long/ADV !overshadowed [obl:agent=ARG0 by @np:B] ,]] @later !A:intransitive:dependency @end .
[nsubj *A [acl , ARG1<A once !criticised [obl:agent=ARG0 by @kin:B] ,]] was *A:adjective:dependency @time .
[nsubj=ARG0 @np:A] @beat [obj=ARG1 @np:B] [obl=ARGM-LOC at the *top [nmod of the agenda]] @time .
[nsubj=ARG0 @kin:A] @beat [obj=ARG1 @np:B] @setting @end .
[nsubj=ARG0 @people] !denied [obj=ARG1 any *link [nmod between @np:A [conj and @np:B]]] @time .
[nsubj=ARG0 @kin:A] !met [obj=ARG1 @kin:B] @setting @end .
[nsubj A] [obl , @like @np:B ,] was *A:adjective:dependency @time @end .
[nsubj=ARG1 A] [obl=ARGM-ADV , @like @np:B ,] @later !A:intransitive:dependency @end .
[nsubj:pass=ARG1 @name:A] had been !A:action:dependency [advcl=ARGM-TMP before [nsubj=ARG1 the *news [nmod about @np:B]] !broke] @end .
[nsubj=ARG0 @report] !compared [obj=ARG1 @np:A] [obl=ARG2 with @np:B [conj and @np:C]] .
[nsubj=ARG0 @kin:A] !refused [xcomp=ARG1 to !discuss [obj=ARG1 @np:B]] @time .
[nsubj=ARG0 @powers] !A:action:dependency [obj=ARG1 A] [conj and !B:action:dependency [obj=ARG1 B]] @time @end .
[nsubj=ARG1 A] !A:intransitive:dependency [conj , [nsubj=ARG1 B] !B:intransitive:dependency] [conj and [nsubj C] was *C:adjective:dependency] @time .
[nsubj=ARG0 @people] !met [obl=ARGM-LOC A:preposition:dependency A] @time @end .
[nsubj=ARG1 talks] !continued [obl=ARGM-LOC A:preposition:dependency A] @time @end .
[nsubj=ARG1 *interest [nmod in the inquiry]] @grew [obl=ARGM-LOC A:preposition:dependency A] @talks .
[nsubj=ARG0 @people] @said [ccomp=ARG1 that [nsubj=ARG1 A] [obl=ARGM-ADV , @like @np:B ,] @later !A:intransitive:dependency] @time .
"""

VALIDATION = """
[nsubj=ARG1 @name:A] !became [xcomp=ARG2 a @plain A:noun:dependency] @time @talks .
[nsubj=ARG0 @np:A] !remained [obl=ARG3 in the news] @time .
[nsubj:pass=ARG1 *A [acl , ARG1<A @discussed [obl:agent=ARG0 by @kin:B] ,]] was !A:action:dependency @time .
[nsubj=ARG0 @kin:A] !promised [obj=ARG1 a statement] [conj , @join [nsubj=ARG0 @people] !waited] @time .
[nsubj=ARG0 @people] @worked [obl=ARGM-LOC A:preposition:dependency A] [obl=ARGM-TMP for hours] @end .
[nsubj=ARG0 @people] @said [ccomp=ARG1 that [nsubj @name:A] was *A:adjective:dependency] @time .
"""

TEST = """
[nsubj=ARG0 *A [appos , a *kind [nmod of @mod A:noun:dependency] ,]] !remained [obl=ARG3 in the news] @setting .
[nsubj=ARG0 @people] @said [ccomp=ARG1 that [nsubj=ARG1 @name:A] !became [xcomp=ARG2 a @plain A:noun:dependency] @time] .
[nsubj=ARG0 @people] @said [ccomp=ARG1 that [nsubj=ARG0 @np:A] @news @time] .
[nsubj:pass=ARG1 *A [acl , ARG1<A long/ADV !mentioned [obl=ARGM-LOC in the *debate [nmod about @np:B]] ,]] was @later !A:action:dependency @end .
[nsubj=ARG0 @kin:A] !criticised [obj=ARG1 @np:B] @setting .
[nsubj=ARG0 @people] @said [ccomp=ARG1 that [nsubj=ARG1 @name:A] !A:intransitive:dependency @time] .
[nsubj=ARG0 @helpers] @worked [obl=ARGM-LOC A:preposition:dependency A] [obl=ARGM-TMP for months] [advcl=ARGM-TMP before [nsubj=ARG1 talks] !resumed] .
[nsubj=ARG0 @people] !discussed [obj=ARG1 @np:A [conj and @np:B]] [obl=ARGM-TMP for hours] @end .
[nsubj=ARG0 @kin:A] @asked [obl=ARG1 about the *cost [nmod of talks]] @time @end .
[nsubj A] [obl , @like @np:B ,] was still *A:adjective:dependency [obl by last *spring] @end .
[nsubj=ARG0 @powers] @later !A:action:dependency [obj=ARG1 A] [obl=ARGM-TMP after *weeks [nmod of silence]] @end .
"""
