#include "kubernetes/operator/ready_tokens.h"

#include <gtest/gtest.h>

namespace dunlin::manager {
namespace {

TEST(ReadyTokens, AreForOneQuestion) {
  const ReadyTokens tokens("key");
  const std::string token = tokens.token("shop", "main", "app:v1");
  EXPECT_EQ(token.size(), 64U);
  EXPECT_TRUE(tokens.proves(token, "shop", "main", "app:v1"));
  EXPECT_FALSE(tokens.proves(token, "shop2", "main", "app:v1"));
  EXPECT_FALSE(tokens.proves(token, "shop", "other", "app:v1"));
  EXPECT_FALSE(tokens.proves(token, "shop", "main", "app:v2"));
  EXPECT_FALSE(tokens.proves(token, "sho", "pmain", "app:v1"));
  EXPECT_FALSE(tokens.proves("", "shop", "main", "app:v1"));
  EXPECT_FALSE(tokens.proves(token.substr(1), "shop", "main", "app:v1"));
  EXPECT_FALSE(tokens.proves(token + "0", "shop", "main", "app:v1"));
}

// Two programs have to agree: this is OpenSSL's HMAC of a text that a person can build.
TEST(ReadyTokens, AreWhatTheyAlwaysWere) {
  EXPECT_EQ(ReadyTokens("key").token("shop", "main", "app:v1"),
            "61c15b27f4f1c9d41a0faaab3371331e0305868415d4d3c6f3a5396337cdd4c2");
}

TEST(ReadyTokens, OfAnotherKeyAreWorthNothing) {
  EXPECT_FALSE(ReadyTokens("a").proves(ReadyTokens("b").token("n", "m", "i"), "n", "m", "i"));
}

TEST(ReadyTokens, WithoutAKeyThereAreNone) {
  ReadyTokens tokens;
  EXPECT_EQ(tokens.token("n", "m", "i"), "");
  EXPECT_FALSE(tokens.proves("", "n", "m", "i"));
  tokens.use("");
  EXPECT_EQ(tokens.token("n", "m", "i"), "");
}

TEST(ReadyTokens, OlderKeysAreBelievedForAWhile) {
  ReadyTokens tokens("1");
  const std::string first = tokens.token("n", "m", "i");
  tokens.use("2");
  tokens.use("3");
  tokens.use("3");
  EXPECT_NE(tokens.token("n", "m", "i"), first);
  EXPECT_TRUE(tokens.proves(first, "n", "m", "i"));
  tokens.use("4");
  EXPECT_FALSE(tokens.proves(first, "n", "m", "i"));
  tokens.use("2");
  EXPECT_EQ(tokens.token("n", "m", "i"), ReadyTokens("2").token("n", "m", "i"));
}

TEST(ReadyTokens, KeysAreMade) {
  EXPECT_EQ(random_key().size(), 64U);
  EXPECT_NE(random_key(), random_key());
  EXPECT_EQ(derived_key("secret", "a"), derived_key("secret", "a"));
  EXPECT_NE(derived_key("secret", "a"), derived_key("secret", "b"));
  EXPECT_NE(derived_key("secret", "a"), derived_key("other", "a"));
}

}  // namespace
}  // namespace dunlin::manager
