import pytest
from sources.own_csv.cases import make_study


@pytest.fixture(scope="session")
def own(tmp_path_factory):
    """The small study of ``cases``."""
    return make_study(tmp_path_factory.mktemp("own"))
