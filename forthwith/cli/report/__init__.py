"""The report of a campaign as one HTML file with its drawings: what the views project of each request, made a page."""
