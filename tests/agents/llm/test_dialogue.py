import pytest
from tokenizers.processors import TemplateProcessing

from rewardsmith.agents.llm.dialogue import Dialogue
from rewardsmith.errors import ConfigError

RULES = "Write one line."
LINES = ["step: 2 * 3 = 6", "answer: 1007", "αβγ — naïve 日本 🙂", "a  b\tc", "<b>x</b> {1}"]
NO_SYSTEM = (
    "{% for m in messages %}{% if m['role'] == 'system' %}{{ raise_exception('no system') }}"
    "{% endif %}[{{ m['role'] }}] {{ m['content'] }}<eos>{% endfor %}"
    "{% if add_generation_prompt %}[assistant] {% endif %}"
)
SPACED = (
    "{% for m in messages %}{% if m['role'] == 'assistant' %}{{ m['content'] }} <eos>"
    "{% else %}[INST] {{ m['content'] }} [/INST]{% endif %}{% endfor %}"
)


def appended(dialogue, talk):
    """All tokens of a dialogue, as a rollout puts them together."""
    (first, line), *rest = talk
    ids = [*dialogue.opening(first), *dialogue.spoken(line)]
    for observation, line in rest:
        ids += [*dialogue.reply(observation), *dialogue.spoken(line)]
    return ids


TALK = [("Compute 2 * 3 + 1", LINES[0]), ("Left: 6 + 1", LINES[2]), ("What?", "answer: 7")]


def messages(talk, system):
    head = [{"role": "system", "content": RULES}] if system else []
    pairs = [
        [{"role": "user", "content": said}, {"role": "assistant", "content": line}]
        for said, line in talk
    ]
    return head + [message for pair in pairs for message in pair]


@pytest.mark.parametrize("line", LINES)
def test_a_line_survives_its_tokens(tokenizer, line):
    dialogue = Dialogue(tokenizer, RULES)
    assert dialogue.line(dialogue.spoken(line)) == line


def test_a_line_loses_special_tokens_and_outer_spaces(tokenizer):
    dialogue = Dialogue(tokenizer, RULES)
    assert dialogue.line(dialogue.spoken("  answer: 7 \n")) == "answer: 7"
    assert dialogue.line([tokenizer.eos_token_id]) == ""
    assert dialogue.line([]) == ""


def test_digits_are_tokens_of_their_own(tokenizer):
    ids = Dialogue(tokenizer, RULES).spoken("answer: 1007")
    assert tokenizer.convert_ids_to_tokens(ids)[-5:] == ["1", "0", "0", "7", "<eos>"]


def test_plain_text_by_hand(tokenizer):
    dialogue = Dialogue(tokenizer, RULES)
    assert tokenizer.decode(appended(dialogue, TALK[:2])) == (
        "Write one line.\n\nCompute 2 * 3 + 1\n> step: 2 * 3 = 6<eos>\nLeft: 6 + 1\n> "
        "αβγ — naïve 日本 🙂<eos>"
    )


def test_plain_text_without_instructions(tokenizer):
    assert tokenizer.decode(Dialogue(tokenizer, " ").opening("Compute 1")) == "Compute 1\n> "


def test_a_whole_chat_is_what_the_template_renders(chat_tokenizer):
    dialogue = Dialogue(chat_tokenizer, RULES)
    rendered = chat_tokenizer.apply_chat_template(messages(TALK, True), tokenize=False)
    assert rendered.startswith(f"<|im_start|>system\n{RULES}<eos>\n<|im_start|>user\nCompute")
    ids = appended(dialogue, TALK)
    assert chat_tokenizer.decode(ids) == rendered.removesuffix("\n")
    again = chat_tokenizer(rendered.removesuffix("\n"), add_special_tokens=False)["input_ids"]
    assert ids == again


def test_a_template_without_a_system_role_tells_the_rules_to_the_user(chat_tokenizer):
    chat_tokenizer.chat_template = NO_SYSTEM
    dialogue = Dialogue(chat_tokenizer, RULES)
    talk = [(f"{RULES}\n\n{TALK[0][0]}", TALK[0][1]), *TALK[1:]]
    rendered = chat_tokenizer.apply_chat_template(messages(talk, False), tokenize=False)
    assert chat_tokenizer.decode(appended(dialogue, TALK)) == rendered


def test_a_template_with_a_space_before_the_end_says_the_end_once(chat_tokenizer):
    chat_tokenizer.chat_template = SPACED
    dialogue = Dialogue(chat_tokenizer, "")
    assert chat_tokenizer.decode(appended(dialogue, TALK[:2])) == (
        "[INST] Compute 2 * 3 + 1 [/INST]step: 2 * 3 = 6<eos>[INST] Left: 6 + 1 [/INST]"
        "αβγ — naïve 日本 🙂<eos>"
    )


@pytest.mark.parametrize("chat", [True, False])
def test_a_line_that_was_cut_is_ended_by_the_reply(tokenizer, chat, request):
    if chat:
        tokenizer = request.getfixturevalue("chat_tokenizer")
    dialogue = Dialogue(tokenizer, RULES)
    whole = dialogue.spoken("answer: 7")
    cut = whole[:-1]
    assert [*cut, *dialogue.reply("Right.", cut)] == [*whole, *dialogue.reply("Right.", whole)]
    assert dialogue.reply("Right.", whole) == dialogue.reply("Right.")


def test_the_first_token_of_a_text_is_kept_where_the_tokenizer_has_one(tokenizer):
    plain = Dialogue(tokenizer, RULES).opening("x")
    tokenizer.add_special_tokens({"bos_token": "<bos>"})
    assert Dialogue(tokenizer, RULES).opening("x") == plain
    bos = tokenizer.bos_token_id
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<bos> $A", special_tokens=[("<bos>", bos)]
    )
    assert Dialogue(tokenizer, RULES).opening("x") == [bos, *plain]
    assert bos not in Dialogue(tokenizer, RULES).reply("x")


def test_what_a_tokenizer_must_have(chat_tokenizer):
    chat_tokenizer.chat_template = "{{ messages[0]['content'] }}"
    with pytest.raises(ConfigError, match="shows each message once"):
        Dialogue(chat_tokenizer, RULES)
    chat_tokenizer.eos_token = None
    with pytest.raises(ConfigError, match="end-of-sequence token"):
        Dialogue(chat_tokenizer, RULES)


def test_a_template_may_end_a_line_by_another_token(chat_tokenizer):
    chat_tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<turn>"]})
    chat_tokenizer.chat_template = chat_tokenizer.chat_template.replace("<eos>", "<turn>")
    dialogue = Dialogue(chat_tokenizer, RULES)
    assert dialogue.stop == chat_tokenizer.convert_tokens_to_ids("<turn>")
    rendered = chat_tokenizer.apply_chat_template(messages(TALK, True), tokenize=False)
    assert chat_tokenizer.decode(appended(dialogue, TALK)) == rendered.removesuffix("\n")
