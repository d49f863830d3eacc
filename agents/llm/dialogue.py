"""An episode as tokens: written once, appended to, never tokenized again."""

from __future__ import annotations

from typing import Any

from rewardsmith.errors import ConfigError

Ids = list[int]
#: stand for what was said and what comes next, to find out what a chat template puts between
_SAID, _NEXT = "@SAID@", "@NEXT@"


class Dialogue:
    """Turns what an environment says into tokens, and tokens into lines.

    A tokenizer with a chat template gets its template: instructions are the system's message (the
    first user's where the template has none), observations the user's, lines the assistant's.
    Any other gets plain text: instructions, observation, then `> ` before each line. A line ends
    with the end-of-sequence token, or with another special token that the template puts there
    (Gemma's `<end_of_turn>`): `stop` is its number.

    Tokens are only ever appended, so that the tokens that were sampled are the tokens that are
    learned from.

    Args:
        tokenizer: of `transformers`.
        instructions: what the agent is told once.

    Raises:
        ConfigError: the tokenizer has no end-of-sequence token.
    """

    def __init__(self, tokenizer: Any, instructions: str) -> None:
        if tokenizer.eos_token_id is None:
            raise ConfigError(
                "A line ends with the tokenizer's end-of-sequence token. Received a tokenizer "
                "without one; set tokenizer.eos_token and save it with the model."
            )
        self.tokenizer, self.instructions = tokenizer, instructions.strip()
        self._chat = bool(getattr(tokenizer, "chat_template", None))
        self._between = self._find_between() if self._chat else ("\n", "\n> ")
        self.stop = int(tokenizer.eos_token_id)
        before, after = self._between
        if found := self._leading_special(before):
            self.stop = int(tokenizer.convert_tokens_to_ids(found))
            self._between = (before.lstrip().removeprefix(found), after)

    def opening(self, observation: str) -> Ids:
        """Everything before the first line."""
        if not self._chat:
            said = f"{self.instructions}\n\n{observation}".strip()
            return [*self._first(), *self._encode(f"{said}\n> ")]
        return self._encode(self._template(self._opening(observation), generate=True))

    def reply(self, observation: str, said: Ids | None = None) -> Ids:
        """What stands between the end of a line and the beginning of the next.

        Args:
            observation: what the environment answered.
            said: the line's tokens; the reply ends a line that was cut off before its end.
        """
        before, after = self._between
        cut = said is not None and (not said or said[-1] not in self.tokenizer.all_special_ids)
        return [*([self.stop] if cut else []), *self._encode(f"{before}{observation}{after}")]

    def spoken(self, line: str) -> Ids:
        """The tokens of a line that somebody else has said, its end among them."""
        return [*self._encode(line), self.stop]

    def line(self, ids: Ids) -> str:
        """The line that tokens say, without special tokens and outer spaces."""
        return str(self.tokenizer.decode(ids, skip_special_tokens=True)).strip()

    def _encode(self, text: str) -> Ids:
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def _first(self) -> Ids:
        """The token that this tokenizer puts before every text, if there is one."""
        first: int | None = self.tokenizer.bos_token_id
        return [first] if first is not None and self.tokenizer("a")["input_ids"][0] == first else []

    def _leading_special(self, text: str) -> str:
        """The special token that a text begins with, spaces aside; the longest one, or nothing."""
        special = [t for t in self.tokenizer.all_special_tokens if text.lstrip().startswith(t)]
        return str(max(special, key=len, default=""))

    def _opening(self, observation: str) -> list[dict[str, str]]:
        return opening_messages(self.tokenizer, self.instructions, observation)

    def _template(self, messages: list[dict[str, str]], *, generate: bool) -> str:
        return str(
            self.tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=generate
            )
        )

    def _find_between(self) -> tuple[str, str]:
        talk = [
            *self._opening("?"),
            {"role": "assistant", "content": _SAID},
            {"role": "user", "content": _NEXT},
        ]
        text = self._template(talk, generate=True)
        if text.count(_SAID) != 1 or text.count(_NEXT) != 1:
            raise ConfigError(
                "A chat template shows each message once, in order. The tokenizer's does not; "
                "give a model with another template, or delete tokenizer.chat_template."
            )
        before, _, after = text.partition(_SAID)[2].partition(_NEXT)
        return before, after


def opening_messages(tokenizer: Any, instructions: str, observation: str) -> list[dict[str, str]]:
    """What a model reads before it says anything, as messages of a chat."""
    user = {"role": "user", "content": observation}
    if not instructions:
        return [user]
    chat = [{"role": "system", "content": instructions}, user]
    try:
        tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
    except Exception:  # a template without a system role raises whatever its author chose
        return [{"role": "user", "content": f"{instructions}\n\n{observation}"}]
    return chat
