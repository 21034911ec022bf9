"""A file of human triggers -> sentences whose evidence is what people marked, and these sentences in the corpus they come from.

Format (Lin et al. 2020, TriggerNER): each line holds a word, a tab and a tag; a blank line ends a block. A block is one sentence with one
target mention (`B-<type>`, `I-<type>`) and its triggers: the words tagged `T-k` are trigger k. All other words are `O`, other mentions too.

1. Blocks with the same words are one sentence. Its tags mark the targets of all its blocks. Blocks of one target are joined.
2. A trigger word that repeats a word of its mention (ignoring case) is dropped: it names the mention again and tells nothing of its type. A
   target whose triggers are all dropped stays in the tags, without evidence.
3. `match` finds the sentences in their corpus by their exact words, which gives them documents and the tags of *all* mentions. Of several with
   the same words, the first whose tags agree with the targets counts.

The numbers of triggers only tell them apart: they need neither start at 0 nor be complete, and a trigger's words need not be neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from liap.corpora.split_files import lines_of
from liap.errors import InputError, quoted
from liap.records import Sentence, TriggeredMention, tag_spans

TRIGGER_TAG = re.compile(r"T-\d+")
TAG = re.compile(r"O|[BI]-\S+|T-\d+")
TRIGGER_LINE = re.compile(r"^[^\t\n]+\tT-\d+[ \r]*$", re.MULTILINE)
EXPECTED = "a word, a tab and its tag: O, B-<type> or I-<type> for the mention, T-<number> for a trigger"


@dataclass(frozen=True, slots=True)
class TriggerCounts:
    """What a file held."""

    blocks: int
    repeated_blocks: int  # of a sentence and a mention that an earlier block has
    sentences: int
    mentions: int
    triggers: int
    words: int  # of all mentions' unions of triggers
    dropped_words: int  # trigger words of all blocks that repeat a word of their mention
    without_trigger: int  # mentions that lost all their triggers


@dataclass(frozen=True, slots=True)
class TriggerFile:
    """The sentences of a file, each with its targets, in the order in which they first appear."""

    sentences: tuple[Sentence, ...]
    mentions: tuple[tuple[TriggeredMention, ...], ...]  # of each sentence, by position
    counts: TriggerCounts


@dataclass(frozen=True, slots=True)
class Matched:
    """The sentences of a corpus that a file of triggers explains."""

    sentences: tuple[Sentence, ...]  # the corpus's own, with the evidence of the file
    unmatched: int  # sentences of the file that the corpus lacks
    ambiguous: int  # whose words several sentences of the corpus have
    disagreeing: int  # whose targets are not all mentions of the corpus


@dataclass(frozen=True, slots=True)
class _Block:
    line: int  # where it starts
    words: tuple[str, ...]
    mention: TriggeredMention
    dropped: int


def is_trigger_file(path: Path) -> bool:
    """Whether a line of the file is tagged as a trigger; no other tag scheme has such a tag."""
    return bool(TRIGGER_LINE.search("\n".join(lines_of(path))))


def read_file(path: Path) -> tuple[Sentence, ...]:
    """The sentences alone, as other readers give them; each is a document. Raises InputError with file and line."""
    return read_triggers(path).sentences


def read_triggers(path: Path) -> TriggerFile:
    """The file's sentences and targets. Raises InputError with file and line."""
    blocks = [_block(path, rows) for rows in _rows(path)]
    if not blocks:
        raise InputError(f"{path}: no block in this file; expected lines with {EXPECTED}")
    by_words: dict[tuple[str, ...], dict[tuple[int, int], TriggeredMention]] = {}
    for block in blocks:
        _add(path, block, by_words.setdefault(block.words, {}))
    mentions = tuple(tuple(targets[span] for span in sorted(targets)) for targets in by_words.values())
    sentences = tuple(
        _sentence(index, words, targets) for index, (words, targets) in enumerate(zip(by_words, mentions, strict=True))
    )
    every = [mention for targets in mentions for mention in targets]
    counts = TriggerCounts(
        blocks=len(blocks),
        repeated_blocks=len(blocks) - len(every),
        sentences=len(sentences),
        mentions=len(every),
        triggers=sum(len(mention.triggers) for mention in every),
        words=sum(len(mention.evidence.words) for mention in every),
        dropped_words=sum(block.dropped for block in blocks),
        without_trigger=sum(not mention.triggers for mention in every),
    )
    return TriggerFile(sentences, mentions, counts)


def match(file: TriggerFile, corpus: Sequence[Sentence]) -> Matched:
    """The corpus's sentences with the words of the file's, in the order of the corpus, with the file's evidence."""
    by_words: dict[tuple[str, ...], list[Sentence]] = {}
    wanted = {sentence.words for sentence in file.sentences}
    for sentence in corpus:
        if sentence.words in wanted:
            by_words.setdefault(sentence.words, []).append(sentence)
    found, disagreeing = [], 0
    for own, targets in zip(file.sentences, file.mentions, strict=True):
        candidates = by_words.get(own.words, [])
        if not candidates:
            continue
        agreeing = [sentence for sentence in candidates if _agrees(sentence, targets)]
        disagreeing += not agreeing
        found.append(replace((agreeing or candidates)[0], evidence=own.evidence))
    return Matched(
        sentences=tuple(sorted(found, key=lambda sentence: sentence.index)),
        unmatched=len(file.sentences) - len(found),
        ambiguous=sum(len(candidates) > 1 for candidates in by_words.values()),
        disagreeing=disagreeing,
    )


def _agrees(sentence: Sentence, targets: Sequence[TriggeredMention]) -> bool:
    """Whether the sentence's own tags mark all targets."""
    spans = set(tag_spans(sentence.tags or ()))
    return all((target.entity_type, target.start, target.end) in spans for target in targets)


def _sentence(index: int, words: tuple[str, ...], targets: Sequence[TriggeredMention]) -> Sentence:
    tags = ["O"] * len(words)
    for target in targets:
        tags[target.start : target.end] = [f"I-{target.entity_type}"] * (target.end - target.start)
        tags[target.start] = f"B-{target.entity_type}"
    evidence = tuple(target.evidence for target in targets if target.triggers)
    return Sentence(index, index, words, tuple(tags), evidence=evidence)


def _rows(path: Path) -> Iterator[list[tuple[int, str, str]]]:
    """(line, word, tag) of each row, block by block."""
    rows: list[tuple[int, str, str]] = []
    for number, text in enumerate(lines_of(path), start=1):
        if text.strip(" \t"):
            columns = [column.strip(" ") for column in text.split("\t")]
            if len(columns) != 2 or not columns[0]:
                raise InputError(f"{path}:{number}: {quoted(text)} has {len(columns)} columns; expected {EXPECTED}")
            if not TAG.fullmatch(columns[1]):
                raise InputError(f"{path}:{number}: unknown tag {quoted(columns[1])}; expected {EXPECTED}")
            rows.append((number, *columns))
        elif rows:
            yield rows
            rows = []
    if rows:
        yield rows


def _block(path: Path, rows: Sequence[tuple[int, str, str]]) -> _Block:
    """A checked block; trigger words that repeat a word of the mention are left out."""
    line, words = rows[0][0], tuple(word for _, word, _ in rows)
    tags = tuple("O" if TRIGGER_TAG.fullmatch(tag) else tag for _, _, tag in rows)
    spans = tag_spans(tags)
    if not spans:
        raise InputError(f"{path}:{line}: this block marks no mention; expected one, tagged B-<type> and I-<type>")
    if len(spans) > 1:
        where = rows[spans[1][1]][0]
        raise InputError(f"{path}:{where}: a second mention in one block; expected one, its words next to each other")
    kind, start, end = spans[0]
    marked: dict[str, list[int]] = {}
    for word, (_, _, tag) in enumerate(rows):
        if TRIGGER_TAG.fullmatch(tag):
            marked.setdefault(tag, []).append(word)
    if not marked:
        raise InputError(f"{path}:{line}: this block marks no trigger; expected words tagged T-<number>")
    own = {word.casefold() for word in words[start:end]}
    triggers = [tuple(word for word in part if words[word].casefold() not in own) for part in marked.values()]
    dropped = sum(map(len, marked.values())) - sum(map(len, triggers))
    kept = tuple(sorted(filter(None, triggers)))
    return _Block(line, words, TriggeredMention(start, end, kind, kept), dropped)


def _add(path: Path, block: _Block, targets: dict[tuple[int, int], TriggeredMention]) -> None:
    """Add a block's target to those of its sentence; InputError where the two cannot both be mentions."""
    new = block.mention
    for (start, end), known in targets.items():
        same = (start, end) == (new.start, new.end)
        if (same and known.entity_type != new.entity_type) or (not same and new.start < end and start < new.end):
            raise InputError(
                f"{path}:{block.line}: the mention {new.entity_type} {new.start}-{new.end} meets {known.entity_type} {start}-{end} "
                "of an earlier block with the same words; expected one type for each span, and spans that do not overlap"
            )
    known = targets.get((new.start, new.end))
    triggers = tuple(sorted({*new.triggers, *(known.triggers if known else ())}))
    targets[new.start, new.end] = replace(new, triggers=triggers)
