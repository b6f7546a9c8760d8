"""`{{ name }}` in prompts, filled by Jinja2 from the notebook's variables, in a sandbox.

The template and the values it used are recorded, so that a prompt can be told from what was put into it.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import PromptInvalid

VALUE_CHARACTERS = 2000
"How much of a value is recorded."


def fill(prompt: str, variables: Mapping[str, object]) -> tuple[str, str | None, dict[str, str]]:
    """The rendered prompt, its template, and the values it used; a prompt without `{{` or `{%` is its own, template None.

    Raises PromptInvalid naming what is undefined, or where the template is wrong.
    """
    if "{{" not in prompt and "{%" not in prompt:
        return prompt, None, {}
    from jinja2 import StrictUndefined, TemplateSyntaxError, UndefinedError, meta
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True)
    try:
        names = meta.find_undeclared_variables(environment.parse(prompt))
        used = {name: variables[name] for name in sorted(names) if name in variables}
        rendered = environment.from_string(prompt).render(used)
        recorded = {name: str(value)[:VALUE_CHARACTERS] for name, value in used.items()}
    except UndefinedError as exc:
        raise PromptInvalid(
            f"the prompt's template cannot be filled: {exc.message}",
            hint="define it in the notebook, or write {{ '{{' }} for braces that are meant as such",
            param="prompt",
        ) from exc
    except TemplateSyntaxError as exc:
        raise PromptInvalid(
            f"the prompt's template is wrong in line {exc.lineno}: {exc.message}",
            hint="write {{ '{{' }} for braces that are meant as such",
            param="prompt",
        ) from exc
    except Exception as exc:  # templates run code of the user's own objects, which may raise anything
        raise PromptInvalid(
            f"the prompt's template cannot be filled: {type(exc).__name__}: {exc}", hint="correct it", param="prompt"
        ) from exc
    return rendered, prompt, recorded
