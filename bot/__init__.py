"""The Discord side: commands, reactions and admin orders become jobs; no picture is ever decoded here."""
