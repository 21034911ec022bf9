"""LIAP: which words does a named-entity recogniser rely on, and does its attention follow linguistic structure?"""

__version__ = "0.1.0"
