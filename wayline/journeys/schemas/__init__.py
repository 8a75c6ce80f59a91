"""What the API says about journeys, and what it takes."""
