"""Run a plan on answers by address, as a driver would, without store or network."""

from migration.errors import NoData, SourceError
from migration.sources.ask import Answer


def answer(content=b"", *, status=200, headers=None, url=""):
    return Answer(
        url=url, status=status, headers=dict(headers or {}), content=content,
        retrieved_at="2026-11-23T12:00:00+00:00",
    )  # fmt: skip


class Loop:
    """Answers a plan's questions; what a check refuses becomes None and is told."""

    def __init__(self, answers, most=1000):
        self.answers, self.most = dict(answers), most
        self.asked, self.kept, self.absent, self.refused = [], {}, {}, {}

    def __call__(self, plan):
        """Give what the plan returns."""
        sent = None
        for _ in range(self.most):
            try:
                ask = plan.send(sent)
            except StopIteration as end:
                return end.value
            self.asked.append(ask)
            sent = self._answer(ask)
        raise AssertionError(f"a plan asked {self.most} questions and had more")

    def reply(self, ask):
        """What the other side sends."""
        return self.answers.get(ask.url)

    def _answer(self, ask):
        found = self.reply(ask)
        if found is None:
            return None
        try:
            if ask.check:
                ask.check(found)
        except NoData as error:
            self.absent[ask.url] = str(error)
            return None
        except SourceError as error:
            self.refused[ask.url] = error
            return None
        self.kept[ask.name] = (ask.url, found)
        return found
