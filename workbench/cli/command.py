"""Commands, groups of commands, and the options that every one of them takes."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import click

from workbench.cli.arguments import PROFILE, REGION, STACK_NAME
from workbench.cli.output import Output
from workbench.errors import ExitCode

if TYPE_CHECKING:
    from workbench.deployed.deployment import Deployment

DEFAULT_STACK = "batch-notifier"
_P = ParamSpec("_P")
_R = TypeVar("_R")


@dataclass(frozen=True, slots=True)
class Invocation:
    """One run of a command: the account and stack that it is about, and where it prints."""

    stack_name: str
    region: str
    """Empty for that of the AWS configuration."""
    profile: str
    out: Output

    def open_stack(self) -> Deployment:
        """Read the stack; raises `InputError` when it cannot be read."""
        from workbench.deployed import deployment

        return deployment.open_deployment(self.stack_name, self.region)

    def use_region(self) -> None:
        """Let AWS clients use the chosen Region, for commands that need no stack."""
        from workbench.deployed import deployment

        deployment.use_region(self.region)


def pass_invocation(
    function: Callable[Concatenate[Invocation, _P], _R],
) -> Callable[_P, _R]:
    """Pass the `Invocation` to a command, as its first argument."""
    return click.pass_obj(function)


def common_options() -> list[click.Parameter]:
    """Return the options of every command; those before the command's name are its defaults."""
    return [
        _option("--stack-name", STACK_NAME, "NAME", f"the stack; default: {DEFAULT_STACK}"),
        _option("--region", REGION, "REGION", "default: that of your AWS configuration"),
        _option("--profile", PROFILE, "NAME", "profile of your AWS configuration"),
        _option("--output", click.Choice(("text", "json")), "text|json", "default: text"),
        click.Option(
            ["--debug"], is_flag=True, expose_value=False, help="show the traceback of an error"
        ),
    ]


def _option(name: str, kind: click.ParamType, metavar: str, text: str) -> click.Option:
    def remember(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
        if value is not None:
            ctx.meta[name] = value

    return click.Option(
        [name], type=kind, metavar=metavar, help=text, expose_value=False, callback=remember
    )


class _Described(click.Command):
    """Help with the command's own options first, and examples as they are written."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._own = len(self.params)
        self.params += common_options()

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, those of every command last."""
        parameters = self.get_params(ctx)  # --help comes last
        own = [*parameters[: self._own], *parameters[self._own + len(common_options()) :]]
        for title, chosen in (("Options", own), ("Options of every command", parameters)):
            records = [
                record
                for each in chosen
                if (title == "Options" or each not in own)
                and (record := each.get_help_record(ctx)) is not None
            ]
            with formatter.section(title):
                formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        if self.epilog:
            formatter.write(f"\n{self.epilog}")


class Command(_Described):
    """A command that takes an `Invocation` and returns its exit code, or None for 0."""

    def invoke(self, ctx: click.Context) -> int:
        """Run the command, and print the JSON document that it made."""
        ctx.obj = _invocation(ctx)
        code = super().invoke(ctx)
        ctx.obj.out.close()
        return ExitCode.OK if code is None else int(code)


class Group(_Described, click.Group):
    """Commands under a common name; without one of them the help is one line away."""

    command_class = Command

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.no_args_is_help = False

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, then the commands."""
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)


@dataclass(frozen=True, slots=True)
class Lazy:
    """A command that is imported when it is run: `module` has it under the name `command`."""

    module: str
    help: str
    name: str = "command"


class LazyGroup(Group):
    """The program: its commands are imported one by one, and listed under headings."""

    def __init__(self, *arguments: Any, lazy: Mapping[str, Mapping[str, Lazy]], **options: Any):
        super().__init__(*arguments, **options)
        self._headings = lazy
        self._lazy = {name: each for group in lazy.values() for name, each in group.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        lazy = self._lazy.get(cmd_name)
        if lazy is None:
            return None
        found: click.Command = getattr(importlib.import_module(lazy.module), lazy.name)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        for heading, commands in self._headings.items():
            with formatter.section(heading):
                formatter.write_dl([(name, each.help) for name, each in commands.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command, or the program's own function where none is named."""
        ctx.obj = _invocation(ctx)
        code = super().invoke(ctx)
        if ctx.invoked_subcommand is None:
            ctx.obj.out.close()
        return code


def _invocation(ctx: click.Context) -> Invocation:
    chosen: Mapping[str, str] = ctx.meta
    if profile := chosen.get("--profile", ""):
        from workbench.deployed import deployment

        deployment.use_profile(profile)
    return Invocation(
        stack_name=chosen.get("--stack-name", DEFAULT_STACK),
        region=chosen.get("--region", ""),
        profile=profile,
        out=Output(as_json=chosen.get("--output") == "json"),
    )
