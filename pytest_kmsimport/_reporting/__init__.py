"""What a test run is told: a failed test's calls, and fault coverage."""
