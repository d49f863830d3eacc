"""Clients that ask a language model: OpenAI-compatible, transformers, recorded."""
