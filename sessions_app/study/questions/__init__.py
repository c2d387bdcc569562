"""Making and grading one question: `building`, `grading`, and the kinds of question in `kinds`."""
