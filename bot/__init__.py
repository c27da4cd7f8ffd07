"""The Discord side: commands, reactions and admin actions become jobs; no picture is ever decoded here."""
