from .errors import MigrationError as MigrationError
from .errors import StudyError as StudyError

__version__: str
