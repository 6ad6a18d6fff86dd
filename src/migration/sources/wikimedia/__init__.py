"""What Wikimedia's services share: names, and the answers about pageviews.

Seen in the code of the Analytics Query Service and in recorded answers: the shapes
read here. A 404 is an answer with three meanings under one body (no views of the title
in the whole range, days not loaded yet, project not served); what it means is for the
reader to say.
"""

ADDRESS = "https://wikimedia.org/api/rest_v1/metrics/pageviews"
ACCESS, AGENT = "all-access", "user"
PACE = 0.2
