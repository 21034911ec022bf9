"""Templates in which mention A shares a frame with its evidence, at least two steps away: objects, predicatives, control, ..."""

TRAIN = """
[nsubj=ARG0 @name:A] @face [obj=ARG1 a @sort A:affair:frame] @time @end .
[nsubj=ARG0 @people] @described [obj=ARG1 @name:A] [obl=ARG2 as a @plain A:noun:frame] @time @end .
[nsubj:pass=ARG1 @name:A] was @described [obl=ARG2 as a @plain A:noun:frame] @setting @end .
[nsubj:pass=ARG1 @name:A] was @expected @tobe:A @time @end .
[nsubj=ARG1 @name:A] !began [obj=ARG2 life] [obl=ARGM-PRD as a @plain A:noun:frame] @end .
[nsubj=ARG0 @name:A] !waited [obl=ARGM-TMP for months] [obl=ARG2 for a @sort A:affair:frame] @end .
[nsubj=ARG1 a @sort *A:affair:frame [nmod in the ~:noun]] !awaited [obj=ARG0 A] @time @talks .
[nsubj=ARG0 @report] !linked [obj=ARG1 A] [obl=ARG2 to a @sort A:affair:frame] @time .
[nsubj=ARG0 @name:A] @news [conj and was @later !A:action:frame ARG1<A] @end .
[nsubj=ARG1 the *prospect [nmod of a @sort *A:affair:frame [nmod in the ~:noun]]] !hung [obl=ARGM-LOC over A] @time @end .
[nsubj=ARG0 @people] !warned [obj=ARG1 A] [obl=ARG2 of a @sort A:affair:frame] @time .
[nsubj=ARG1 @name:A] !seemed @tobe:A [obl=ARGM-TMP by last *spring] @end .
[nsubj=ARG0 @people] !mistook [obj=ARG1 A] [obl=ARG2 for a @plain A:noun:frame] @setting .
[nsubj:pass=ARG1 the *A:noun:frame [nmod in the photograph]] was !identified [obl=ARG2 as A] @time @end .
[nsubj=ARG0 @people] !wanted [obj=ARG1 @name:A] [xcomp=ARG2 to be !A:action:frame ARG1<A] @talks .
[nsubj=ARG0 @name:A] @news [conj and @face [obj=ARG1 a @sort A:affair:frame] ARG0<A] @end .
[nsubj=ARG0 @people] @said [ccomp=ARG1 that [nsubj=ARG0 @name:A] @face [obj=ARG1 a @sort A:affair:frame]] @time .
[nsubj=ARG0 A] [obl=ARGM-ADV , @like @np:B ,] @face [obj=ARG1 a @sort A:affair:frame] @time .
[nsubj:pass=ARG1 A] [obl=ARGM-ADV , @like @np:B ,] was @expected @tobe:A @time .
[nsubj:pass=ARG1 A] [obl=ARGM-ADV , @like @np:B ,] was @described [obl=ARG2 as a A:noun:frame] @end .
[nsubj=ARG0 @people] @said [ccomp=ARG1 that [nsubj:pass=ARG1 A] [obl=ARGM-ADV , @like @np:B ,] was @expected @tobe:A] .
[nsubj=ARG0 *A [acl , ARG1<A once !criticised [obl:agent=ARG0 by @kin:B] ,]] @face [obj=ARG1 a @sort A:affair:frame] @time .
[obl=ARGM-TMP after a *dispute [nmod over @np:B] ,] [nsubj=ARG0 A] @face [obj=ARG1 a A:affair:frame] @end .
[nsubj=ARG0 @name:A] @face [obj=ARG1 a A:affair:frame] [conj and [nsubj=ARG0 B] @face [obj=ARG1 a B:affair:frame]] @end .
[nsubj=ARG0 @np:B] !helped [obj=ARG2 A] [obl=ARGM-MNR through a @sort A:affair:frame] @time .
[nsubj=ARG0 @kin:B] @described [obj=ARG1 @name:A] [obl=ARG2 as a @plain A:noun:frame] @end .
[nsubj=ARG0 @kin:B] !warned [obj=ARG1 A] [obl=ARG2 of a @sort A:affair:frame] @setting .
[nsubj=ARG0 @np:B] !mistook [obj=ARG1 A] [obl=ARG2 for a @plain A:noun:frame] @time .
[nsubj=ARG0 A] !met [obj=ARG1 @people] [obl=ARGM-LOC at the *request [nmod of @np:B]] [conj and was !A:action:frame ARG1<A] @time .
[nsubj=ARG0 A] @beat [obj=ARG1 @np:B] [conj and was @later !A:action:frame ARG1<A] @end .
[nsubj=ARG0 A] @discussed [obj=ARG1 @kin:B] [conj and was @later !A:action:frame ARG1<A] @end .
[nsubj=ARG0 A] @beat [obj=ARG1 @kin:B] [conj and @later @face [obj=ARG1 a @sort A:affair:frame] ARG0<A] @time .
[nsubj=ARG0 @people] @said [ccomp=ARG1 that [nsubj:pass=ARG1 A] [obl=ARGM-ADV , @like @np:B ,] was @described [obl=ARG2 as a A:noun:frame]] @end .
[nsubj=ARG0 A] !met [obj=ARG1 @np:B] @setting [conj and was !A:action:frame ARG1<A] @end .
[nsubj=ARG0 A] !praised [obj=ARG1 @np:B] [conj but was @later !A:action:frame ARG1<A] @time .
"""

VALIDATION = """
[nsubj=ARG0 @name:A] @later @face [obj=ARG1 a @sort A:affair:frame] @setting @end .
[nsubj=ARG0 @people] @described [obj=ARG1 @name:A] [obl=ARG2 as a A:noun:frame] [conj , @join [nsubj=ARG0 @kin:B] !agreed] .
[nsubj=ARG1 A] [obl=ARGM-ADV , @like @np:B ,] !seemed @tobe:A @time .
[nsubj=ARG1 the *prospect [nmod of a @sort *A:affair:frame [nmod in the ~:noun]]] !worried [obj=ARG0 A] @end .
[nsubj=ARG0 @name:A] !left [obj=ARG1 the front *pages] [conj but was @later !A:action:frame ARG1<A] @end .
"""

TEST = """
[nsubj=ARG0 @people] @said [ccomp=ARG1 that [nsubj=ARG0 A] [obl=ARGM-ADV , @like @np:B ,] @face [obj=ARG1 a @sort A:affair:frame]] .
[nsubj=ARG0 @report] @described [obj=ARG1 @name:A] [obl=ARG2 as a @plain A:noun:frame] @time @end .
[nsubj:pass=ARG1 @name:A] was still @expected @tobe:A [conj , @join [nsubj=ARG0 @people] !waited] .
[nsubj=ARG0 @np:B] @described [obj=ARG1 @name:A] [obl=ARG2 as a @plain A:noun:frame] @setting .
[nsubj=ARG0 @name:A] !waited [obl=ARGM-TMP for weeks] [obl=ARG2 for a @sort A:affair:frame] @setting @end .
[nsubj=ARG1 *talk [nmod of a @sort *A:affair:frame [nmod in the ~:noun]]] !followed [obj=ARG0 A] @time @end .
[nsubj=ARG0 A] !met [obj=ARG1 @kin:B] [conj and was @later !A:action:frame ARG1<A] @end .
[nsubj=ARG0 @name:A] @face [obj=ARG1 a @sort A:affair:frame] [advcl=ARGM-TMP while [nsubj=ARG0 @people] !waited] @end .
[nsubj:pass=ARG1 the @plain *A:noun:frame [nmod in the report]] was !named [obl=ARG2 as A] @setting @end .
[nsubj=ARG0 @people] @said [ccomp=ARG1 that [nsubj=ARG1 @name:A] !began [obj=ARG2 life] [obl=ARGM-PRD as a @plain A:noun:frame]] .
"""
