"""Templates that put the evidence for mention A into another clause or a parenthesis: neither a neighbour nor in its frames."""

TRAIN = """
[nsubj=ARG1 @name:A] !came [compound:prt up] again @setting @aside:A .
[nsubj=ARG0 @name:A] @news @time @aside:A .
[nsubj=ARG1 @debate:A] @grew @time @aside:A .
[nsubj=ARG0 A] [parataxis ( @clause:A )] @news @time @end .
[nsubj:pass=ARG1 A] [parataxis ( @clause:A )] was @discussed @setting .
@clause:A [conj , @join [nsubj=ARG0 @name:A] @later @news] @end .
@clause:A [conj , @join [nsubj=ARG1 @debate:A] @grew] @time .
@clause:A [conj , @join [nsubj=ARG0 @people] @asked [obl=ARG1 about @name:A] again] @time .
[nsubj @name:A] was again in the *news @time @aside:A .
[nsubj=ARG0 @report] @discussed [obj=ARG1 A] @aside:A .
[nsubj=ARG0 @people] @asked [obl=ARG1 about A] @setting @aside:A .
[nsubj=ARG0 nobody] @discussed [obj=ARG1 A] @setting @aside:A .
[nsubj the third *item [nmod on the list]] was *A @aside:A .
[nsubj=ARG1 *pressure [nmod for a *debate [nmod about A]]] @grew @time @aside:A .
[nsubj=ARG0 *A [conj and B]] @news @time [parataxis : [nsubj the *first] was a *A:noun:neither [conj and [nsubj the *second] was a *B:noun:neither]] .
[nsubj=ARG0 *A [conj and B]] @news @time [parataxis : [nsubj the *former] was a *A:noun:neither [conj and [nsubj the *latter] was a *B:noun:neither]] .
[nsubj *A [conj and B]] were in the *headlines @time [parataxis : [nsubj=ARG0 the *former] @face [obj=ARG1 a A:affair:neither] [conj and [nsubj=ARG0 the *latter] @face [obj=ARG1 a B:affair:neither]]] .
[nsubj:pass=ARG1 *A [conj and B]] were @discussed @setting [parataxis : [nsubj the *first] was *A:adjective:neither [conj and [nsubj the *second] was *B:adjective:neither]] .
[nsubj:pass=ARG1 *A [conj and B]] were @discussed @setting [parataxis ; [nsubj=ARG0 the *first] @face [obj=ARG1 a A:affair:neither] [conj and [nsubj=ARG0 the *second] @face [obj=ARG1 a B:affair:neither]]] .
[nsubj=ARG0 @np:B] @news @time [conj , @join [nsubj=ARG0 @name:A] !drew [obj=ARG1 little *notice] [parataxis ( @clause:A )]] .
[nsubj=ARG0 A] @beat [obj=ARG1 @np:B] [obl=ARGM-LOC at the *top [nmod of the agenda]] @aside:A .
[nsubj=ARG0 A] [obl=ARGM-ADV , @like @np:B ,] @news @aside:A .
[nsubj=ARG0 @kin:B] @asked [obl=ARG1 about A] @time @aside:A .
[nsubj=ARG0 @kin:B] !told [obj=ARG2 reporters] [obl=ARG1 about A] @aside:A .
[nsubj=ARG0 @np:B] @discussed [obj=ARG1 A] @setting @aside:A .
@clause:A [conj , @join [nsubj=ARG0 @people] !denied [obj=ARG1 any *link [nmod between @np:B [conj and A]]]] @time .
@clause:A [conj , @join [nsubj=ARG0 @np:B] @beat [obj=ARG1 A]] @end .
@clause:A [conj , @join [nsubj=ARG0 @kin:B] @discussed [obj=ARG1 A]] @time .
[nsubj:pass=ARG1 A] [obl=ARGM-ADV , @like @np:B ,] was @discussed @time [conj , @join @clause:A] .
@clause:A [conj , @join [nsubj=ARG0 @people] !told [obj=ARG2 reporters] [obl=ARG1 about @name:A]] @time .
[nsubj=ARG0 @people] @said [ccomp=ARG1 that @farclause:A] @time .
[nsubj=ARG0 A] [parataxis ( @clause:A )] @discussed [obj=ARG1 @kin:B] @time @end .
[nsubj=ARG1 *A [conj and B]] !returned [obl=ARG4 to the headlines] [parataxis ; [nsubj the *first] was a *A:noun:neither [conj and [nsubj the *second] was a *B:noun:neither]] .
[nsubj=ARG0 *A [conj and B]] !overshadowed [obj=ARG1 the inquiry] @time [parataxis ; [nsubj the *former] was *A:adjective:neither [conj and [nsubj the *latter] was *B:adjective:neither]] .
"""

VALIDATION = """
[nsubj=ARG0 @name:A] !remained [obl=ARG3 in the news] @time @aside:A .
[nsubj=ARG0 @people] !refused [xcomp=ARG1 to !discuss [obj=ARG1 @name:A]] @time @aside:A .
[nsubj=ARG0 A] [parataxis ( @clause:A )] @beat [obj=ARG1 @np:B] @setting .
[nsubj=ARG0 *A [conj and B]] @face [obj=ARG1 *questions] @setting [parataxis : [nsubj the *former] was a *A:noun:neither [conj and [nsubj the *latter] was a *B:noun:neither]] .
@clause:A [conj , @join [nsubj=ARG0 @report] @discussed [obj=ARG1 @name:A]] .
"""

TEST = """
[nsubj=ARG0 @people] @said [ccomp=ARG1 that [nsubj=ARG1 @debate:A] @grew] @time @aside:A .
[nsubj=ARG0 @report] !followed [obj=ARG1 @debate:A] @time @aside:A .
[nsubj=ARG0 @people] !confirmed [obj=ARG1 the *story [nmod about A]] @time @aside:A .
[nsubj=ARG0 A] [parataxis ( @clause:A )] @beat [obj=ARG1 @np:B] @time @end .
[nsubj=ARG1 A] [obl=ARGM-ADV , @like @np:B ,] !came [compound:prt up] again @time @aside:A .
@clause:A [conj , @join [nsubj=ARG0 @kin:B] @asked [obl=ARG1 about @name:A]] @time .
[nsubj=ARG0 *A [conj and B]] !overshadowed [obj=ARG1 *talk [nmod of the inquiry]] @time [parataxis ; [nsubj the *first] was a *A:noun:neither [conj and [nsubj the *second] was a *B:noun:neither]] .
[nsubj=ARG0 @kin:B] @discussed [obj=ARG1 A] @setting @aside:A .
[nsubj the *top [nmod of the agenda]] was *A @aside:A .
@clause:A [conj , @join [nsubj A] was again in the *headlines] @time .
[nsubj=ARG1 *A [conj and B]] !came [compound:prt up] again @time [parataxis : [nsubj=ARG0 the *former] @face [obj=ARG1 a A:affair:neither] [conj and [nsubj=ARG0 the *latter] @face [obj=ARG1 a B:affair:neither]]] .
"""
