"""Templates with two clauses, each with a mention and its evidence, for every pair of families: each distracts from the other."""

TRAIN = """
@depclause:A [conj , @join @depclause:B] @time .
@depclause:A @time [conj , @join @frameclause:B] .
@depclause:A @time [conj , @join @farclause:B] .
@frameclause:A [conj , @join @depclause:B] @time .
@frameclause:A @time [conj , @join @frameclause:B] .
@frameclause:A [conj , @join @farclause:B] @end .
@farclause:A [conj , @join @depclause:B] @time .
@farclause:A [conj , @join @frameclause:B] @end .
@farclause:A [conj , @join @farclause:B] .
@frameclause:A [advcl=ARGM-ADV , while @depclause:B] @end .
@farclause:A [advcl=ARGM-ADV , while @frameclause:B] @time .
@frameclause:A [advcl=ARGM-ADV , while @farclause:B] .
@frameclause:A [advcl=ARGM-ADV , although @depclause:B] @time .
@farclause:A [advcl=ARGM-ADV , although @farclause:B] .
@frameclause:A [advcl=ARGM-ADV , although @frameclause:B] @end .
[nsubj=ARG0 @people] @said [ccomp=ARG1 that @frameclause:A [conj and that @frameclause:B]] .
[nsubj=ARG0 @people] @said [ccomp=ARG1 that @depclause:A [conj , @join @frameclause:B]] @time .
[nsubj=ARG0 @kin:B] @said [ccomp=ARG1 that @frameclause:A] @time @end .
"""

VALIDATION = """
@depclause:A [advcl=ARGM-TMP after @frameclause:B] @end .
@farclause:A [advcl=ARGM-TMP , before @frameclause:B] .
[nsubj=ARG0 @people] @said [ccomp=ARG1 that @frameclause:A [advcl=ARGM-ADV , while @farclause:B]] .
"""

TEST = """
@depclause:A [advcl=ARGM-TMP until @frameclause:B] @end .
@farclause:A [advcl=ARGM-TMP , until @frameclause:B] .
[nsubj=ARG0 @kin:A] @said [ccomp=ARG1 that @farclause:B] @time .
@frameclause:A @time [conj , @join [nsubj=ARG0 @people] @said [ccomp=ARG1 that @farclause:B]] .
"""
