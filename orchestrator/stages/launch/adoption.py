"""Take over a fleet whose run folder is lost: its things, and a way in where its provider can still make one. Asks nobody."""

from orchestrator.errors import ProviderError
from orchestrator.journal import Journal
from orchestrator.models import Adoption, Resource
from orchestrator.progress import Progress
from orchestrator.providers.base import Provider
from orchestrator.stages.launch.keys import new_key


def adopt(wanted: Adoption, provider: Provider, journal: Journal, progress: Progress) -> tuple[Resource, ...]:
    """Make the fleet of these owners ours, and put it on record; return what changed hands.

    Raises:
        UsageError: one of them has nothing, or we have a host of the same name.
        ProviderError: the provider refused.
    """
    with journal.hold(f"orchestrate adopt {journal.fleet}"):
        taken: list[Resource] = []
        for owner in wanted.owners:
            journal.record("adopt", {"owner": owner})
            taken += provider.adopt(journal.fleet, owner, journal.intend)
        journal.save("adoption", wanted)
        if journal.private_key is None and provider.find(journal.fleet):
            renew_key(provider, journal, progress)
    return tuple(taken)


def renew_key(provider: Provider, journal: Journal, progress: Progress) -> None:
    """Put a new key into hosts whose key is lost; say what is left to do where that cannot be."""
    public_key = new_key(journal)
    try:
        provider.admit(journal.fleet, public_key)
    except ProviderError as error:
        (journal.keys / "id_ed25519").unlink(missing_ok=True)
        progress.note(
            f"the SSH key of fleet {journal.fleet} is lost, and {error.cause}: it can only be taken away, "
            f"with `orchestrate down --name {journal.fleet}`"
        )
        return
    progress.note(f"the SSH key of fleet {journal.fleet} was lost; a new one was put into its hosts")
