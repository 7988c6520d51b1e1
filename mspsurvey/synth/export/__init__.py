"""Answered forms as the files of Qualtrics and LimeSurvey."""
