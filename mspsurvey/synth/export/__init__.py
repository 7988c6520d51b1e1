"""Answered forms as the files of each survey platform."""
