"""What users read: sentences, choices, buttons, translations."""
