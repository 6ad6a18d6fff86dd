"""The one polite way out to the network.

It names itself and a contact, keeps a pace at each host, asks again a bounded number
of times, waits as long as it is told within bounds, and never hands on an answer that
is not what was asked for.
"""

from migration.sources.client.contact import CONTACT, agent
from migration.sources.client.polite import Client, client_for
from migration.sources.client.statuses import retry_seconds

__all__ = ["CONTACT", "Client", "agent", "client_for", "retry_seconds"]
