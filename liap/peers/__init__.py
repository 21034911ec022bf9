"""Peer packages beside LIAP: how long they take for an explanation, where their values agree, and what goes wrong on mentions.

In: mentions, a recogniser, and the peers' own environment (`make peers-env`). Out: the tables of `results/peers/` and `docs/peers.md`.

1. `peer_cases`: the mentions; each is explained at its first word, because the peers explain one token.
2. `peer_process`: the environment and the process in it, which `benchmarks/peer_side/` is the program of.
3. `own_side`: the same explanations by LIAP. `comparison`: both sides by turns, and the rows of the tables.
4. `peer_defects`: what is wrong, counted on what the peers returned and on the rows that they gave to the model.
5. `peers_page`: the page.
"""
