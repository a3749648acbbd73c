"""Small apps, each as a user writes it and as the compiler would write it."""
