"""The recogniser that the package holds: a large one labels text, a small one learns from the labels.

descent.py            batches of similar length, AdamW, a linear schedule
teacher.py            an encoder that also reads parts of speech -> label probabilities for text without names
piece_vocabulary.py   a cased vocabulary, and where each piece stands in the encoder's own embedding
student.py            a small BERT on that vocabulary, trained on the teacher's probabilities and on gold names
shipped_model.py      its folder: half-precision weights, tokenizer, card
"""
