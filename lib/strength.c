#include "lib/strength.h"

#include <zxcvbn.h>

#include "lib/secret.h"

enum {
	LOOKED_AT = 64, /* the time grows with its cube: some milliseconds at worst */
	WORDS = 24,
	WORD_SIZE = 65,
	WORD_MIN = 3, /* shorter ones are cheap to guess by themselves */
};

/* log2 of zxcvbn's own limits: 10^3, 10^6, 10^8, 10^10 guesses */
static const double BITS[] = {9.9658, 19.9316, 26.5754, 33.2193};

struct dictionary {
	size_t n;
	const char *words[WORDS + 1]; /* NULL-ended */
	char memory[WORDS][WORD_SIZE];
};

static void add(struct dictionary *dictionary, const char *word, size_t n)
{
	char *at;

	if (dictionary->n == WORDS || n < WORD_MIN || n >= WORD_SIZE)
		return;
	at = dictionary->memory[dictionary->n];
	memcpy(at, word, n);
	at[n] = '\0';
	dictionary->words[dictionary->n++] = at;
}

/* The whole and its parts: nobody's password should be the "alice" of alice@example.com.
 */
static void add_parts(struct dictionary *dictionary, const char *word)
{
	static const char BETWEEN[] = "@.-_+ ";

	add(dictionary, word, strlen(word));
	while (*word) {
		size_t n = strcspn(word, BETWEEN);

		if (word[n])
			add(dictionary, word, n);
		else
			return;
		word += n + 1;
		if (!strpbrk(word, BETWEEN))
			add(dictionary, word, strlen(word));
	}
}

int strength_score(const char *password, const char *const *words)
{
	struct dictionary dictionary = {0};
	char looked_at[LOOKED_AT + 1] = "";
	double bits;
	int score = 0;

	memcpy(looked_at, password, strnlen(password, LOOKED_AT));
	for (; words && *words; words++)
		add_parts(&dictionary, *words);
	bits = ZxcvbnMatch(looked_at, dictionary.words, NULL);
	secret_wipe(looked_at, sizeof looked_at);
	while (score < (int)COUNT(BITS) && bits >= BITS[score])
		score++;
	return score;
}
