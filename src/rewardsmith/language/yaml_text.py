"""YAML for rewards: the safe subset, with duplicate keys and aliases refused."""

from __future__ import annotations

import re
from typing import Any

import yaml

from rewardsmith.errors import ConfigError
from rewardsmith.language.source import MAX_CHARACTERS

# YAML 1.1 reads `1e5` as text because it has no dot; everyone means the number.
_FLOAT = re.compile(r"[-+]?(\d[\d_]*)(\.\d*)?[eE][-+]?\d+$")


class Loader(yaml.SafeLoader):
    """SafeLoader without aliases (which can grow without bound) and duplicate keys."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse `*alias`."""
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(None, None, "aliases (*) are not supported", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Refuse a key that is given twice: the first would silently be lost."""
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                problem = f"key {key.value!r} is given twice"
                raise yaml.MarkedYAMLError(None, None, problem, key.start_mark)
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else "")
        return super().construct_mapping(node, deep)


class Dumper(yaml.SafeDumper):
    """Writes blocks for mappings, and one line for short lists of numbers."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write a value that occurs twice two times."""
        return True


def _short_list(dumper: Dumper, data: list[Any]) -> yaml.Node:
    flow = all(isinstance(item, int | float) for item in data)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=flow)


def _block(dumper: Dumper, data: dict[str, Any]) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=False)


for _class in (Loader, Dumper):
    _class.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+0123456789"))
Dumper.add_representer(list, _short_list)
Dumper.add_representer(dict, _block)


def why_unreadable(error: Exception, path: object) -> str:
    """What PyYAML says of a text, by the name of its file."""
    return str(error).replace("<unicode string>", str(path))


def load_yaml(text: str, source_name: str = "") -> Any:
    """Read one YAML document of plain data.

    Raises:
        ConfigError: with line and column.
    """
    prefix = f"In {source_name}: " if source_name else ""
    if len(text) > 10 * MAX_CHARACTERS:
        raise ConfigError(f"{prefix}A reward file has at most {10 * MAX_CHARACTERS} characters.")
    try:
        return yaml.load(text, Loader=Loader)  # a subclass of SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        snippet = f"\n{mark.get_snippet()}" if mark and mark.get_snippet() else ""
        raise ConfigError(f"{prefix}This is not YAML: {error.problem}{place}.{snippet}") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        reason = "it nests too deep" if isinstance(error, RecursionError) else str(error)
        raise ConfigError(f"{prefix}This is not YAML: {reason}.") from error
