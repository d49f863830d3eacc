"""Clients that ask a language model: OpenAI-compatible, transformers, recorded."""

from rewardsmith.llm.budget import Budgeted, Spent
from rewardsmith.llm.cached import Cached
from rewardsmith.llm.openai_client import OpenAIClient
from rewardsmith.llm.protocol import Client, Message, Reply, Request, chat
from rewardsmith.llm.recorded import Recorded
from rewardsmith.llm.retrying import Retrying
from rewardsmith.llm.spec import client
from rewardsmith.llm.transformers_client import TransformersClient

__all__ = [
    "Budgeted",
    "Cached",
    "Client",
    "Message",
    "OpenAIClient",
    "Recorded",
    "Reply",
    "Request",
    "Retrying",
    "Spent",
    "TransformersClient",
    "chat",
    "client",
]
