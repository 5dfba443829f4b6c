#include "dunlin/secrets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "dunlin/error.h"
#include "support/thrown.h"

namespace dunlin {
namespace {

using test::error_of;
using ::testing::HasSubstr;
using ::testing::Not;

// 32 bytes of 7, 8 and 9.
constexpr std::string_view kSeven = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
constexpr std::string_view kEight = "CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg=";

std::string key(std::string_view id, std::string_view base64) {
  return std::string(id) + ":" + std::string(base64);
}

// Made with the crypto module of Node 18: keys of 7s and 9s, nonces of 1s and 2s.
constexpr std::string_view kFromNode =
    R"({"version":1,"alg":"AES-256-GCM","key_id":"kek-v1",)"
    R"("dek_wrapped":"AQEBAQEBAQEBAQEBf+iAvpm25QfY3dUoeT55OKHyHf0RnjIaUThKa2+9P7Kp5rqCH+bObYcVp3OI0Etl",)"
    R"("nonce":"AgICAgICAgICAgIC","ciphertext":"lHUl2ygnsDeKgGlVoruYs68eNCIqFUUqz8N04Z/pMciy"})";

TEST(Envelope, OpensWhatAnotherProgramHasSealed) {
  EXPECT_EQ(Envelope::parse(kFromNode).open(Keyring(key("kek-v1", kSeven))).view(), "naïve secret ✓");
}

TEST(Envelope, IsWrittenInTheFormThatWasRead) {
  EXPECT_EQ(Envelope::parse(kFromNode).payload(), kFromNode);
}

TEST(Envelope, OpensWhatItSealed) {
  const Keyring ring(key("kek-v1", kSeven));
  for (const std::string& text : {std::string(), std::string("\0\xff", 2), std::string(100'000, 'x')}) {
    EXPECT_EQ(Envelope::parse(Envelope::seal(text, ring).payload()).open(ring).view(), text);
  }
}

TEST(Envelope, SealsTheSameTwiceUnderDifferentKeysAndNonces) {
  const Keyring ring(key("kek-v1", kSeven));
  const auto first = nlohmann::json::parse(Envelope::seal("text", ring).payload());
  const auto second = nlohmann::json::parse(Envelope::seal("text", ring).payload());
  EXPECT_EQ(first["key_id"], "kek-v1");
  for (const char* member : {"dek_wrapped", "nonce", "ciphertext"}) EXPECT_NE(first[member], second[member]);
}

TEST(Envelope, RewrappingLeavesTheCiphertext) {
  const Keyring both(key("kek-v2", kEight), key("kek-v1", kSeven));
  Envelope envelope = Envelope::parse(kFromNode);
  envelope.rewrap(both);
  const auto before = nlohmann::json::parse(kFromNode);
  const auto after = nlohmann::json::parse(envelope.payload());
  EXPECT_EQ(after["key_id"], "kek-v2");
  EXPECT_NE(after["dek_wrapped"], before["dek_wrapped"]);
  EXPECT_EQ(after["nonce"], before["nonce"]);
  EXPECT_EQ(after["ciphertext"], before["ciphertext"]);
  EXPECT_EQ(envelope.open(Keyring(key("kek-v2", kEight))).view(), "naïve secret ✓");
}

TEST(Envelope, ReencryptingChangesTheDataKeyToo) {
  const Keyring both(key("kek-v2", kEight), key("kek-v1", kSeven));
  Envelope envelope = Envelope::parse(kFromNode);
  envelope.reencrypt(both);
  const auto before = nlohmann::json::parse(kFromNode);
  const auto after = nlohmann::json::parse(envelope.payload());
  for (const char* member : {"key_id", "dek_wrapped", "nonce", "ciphertext"}) EXPECT_NE(after[member], before[member]);
  EXPECT_EQ(envelope.open(Keyring(key("kek-v2", kEight))).view(), "naïve secret ✓");
}

TEST(Envelope, KeepsMembersItDoesNotKnow) {
  auto json = nlohmann::ordered_json::parse(kFromNode);
  json["tenant"] = 7;
  Envelope envelope = Envelope::parse(json.dump());
  envelope.rewrap(Keyring(key("kek-v2", kEight), key("kek-v1", kSeven)));
  EXPECT_EQ(nlohmann::json::parse(envelope.payload())["tenant"], 7);
}

TEST(Envelope, SaysWhatIsWrongWithAPayload) {
  const auto changed = [](const char* member, const nlohmann::json& value) {
    auto json = nlohmann::ordered_json::parse(kFromNode);
    if (value.is_null()) {
      json.erase(member);
    } else {
      json[member] = value;
    }
    return json.dump();
  };
  const std::pair<std::string, const char*> cases[] = {
      {"", "not a JSON object"},
      {"[]", "not a JSON object"},
      {R"({"version":1)", "not a JSON object"},
      {changed("version", nullptr), "\"version\" is missing"},
      {changed("version", 2), "another version"},
      {changed("alg", "AES-128-CBC"), "something else than AES-256-GCM"},
      {changed("key_id", nullptr), "\"key_id\" is missing"},
      {changed("key_id", 7), "\"key_id\" is not a string"},
      {changed("dek_wrapped", "AA=="), "1 bytes, not 60"},
      {changed("nonce", "not base64"), "\"nonce\" is not base64"},
      {changed("nonce", "AA=="), "nonce has 1 bytes"},
      {changed("ciphertext", "AA=="), "too short"},
  };
  for (const auto& [payload, said] : cases) {
    const Error error = error_of([&] { Envelope::parse(payload); });
    EXPECT_EQ(error.kind, ErrorKind::secret);
    EXPECT_THAT(error.message, HasSubstr(said)) << payload;
  }
}

TEST(Envelope, SaysWhyItDoesNotOpen) {
  const Envelope envelope = Envelope::parse(kFromNode);
  EXPECT_THAT(error_of([&] { envelope.open(Keyring(key("kek-v9", kSeven))); }).message,
              HasSubstr("under the key \"kek-v1\", which is not among"));
  EXPECT_THAT(error_of([&] { envelope.open(Keyring(key("kek-v1", kEight))); }).message,
              HasSubstr("another key of the same"));
  auto json = nlohmann::ordered_json::parse(kFromNode);
  json["ciphertext"] = "lHUl2ygnsDeKgGlVoruYs68eNCIqFUUqz8N04Z/pMciz";
  EXPECT_THAT(error_of([&] { Envelope::parse(json.dump()).open(Keyring(key("kek-v1", kSeven))); }).message,
              HasSubstr("damaged"));
}

TEST(Keyring, KnowsPrimaryAndPrevious) {
  const Keyring ring(" kek-v3:" + std::string(kEight) + "\n", key("kek:v1", kSeven) + ", " + key("kek-v2", kEight));
  EXPECT_EQ(ring.primary_id(), "kek-v3");
  EXPECT_TRUE(ring.knows("kek:v1"));
  EXPECT_TRUE(ring.knows("kek-v2"));
  EXPECT_FALSE(ring.knows("kek-v4"));
}

TEST(Keyring, TheSameKeyTwiceIsOne) {
  EXPECT_NO_THROW(Keyring(key("kek-v1", kSeven), key("kek-v1", kSeven)));
  EXPECT_THAT(error_of([] { Keyring(key("kek-v1", kSeven), key("kek-v1", kEight)); }).message,
              HasSubstr("two different keys of the name kek-v1"));
}

TEST(Keyring, DescribesAnUnreadableKeyAndNeverEchoesIt) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "is empty"},
      {"  ", "is empty"},
      {std::string(kSeven), "no colon"},
      {":" + std::string(kSeven), "nothing stands before the colon"},
      {key("kek-v1", "BwcHBwcH"), "has 6 bytes, and AES-256 needs 32"},
      {key("kek-v1", "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc"), "43 characters"},
      {key("kek-v1", "BwcHBwcHBwcHBwcHBwcH!wcHBwcHBwcHBwcHBwcHBwc="), "is not base64"},
      {std::string(kSeven) + ":kek-v1", "characters"},
  };
  for (const auto& [text, said] : cases) {
    const Error error = error_of([&] { Keyring ring(text, "", "SECRETS_ENCRYPTION_KEY"); });
    EXPECT_EQ(error.kind, ErrorKind::config);
    EXPECT_THAT(error.message, HasSubstr(said));
    EXPECT_THAT(error.message, HasSubstr("SECRETS_ENCRYPTION_KEY"));
    EXPECT_THAT(error.message + error.hint, Not(HasSubstr("BwcH")));
  }
  EXPECT_THAT(error_of([] { Keyring(key("kek-v1", kSeven), key("a", kEight) + ",b"); }).message,
              HasSubstr("previous key 2 has no name"));
}

TEST(Keyring, ANewKeyIsOneOfItsOwn) {
  const SecretBytes first = make_key("kek-v2");
  EXPECT_EQ(Keyring(first.view()).primary_id(), "kek-v2");
  EXPECT_NE(first.view(), make_key("kek-v2").view());
  EXPECT_THROW(make_key("a,b"), Failure);
}

TEST(SecretBytes, MovesAndKeepsItsBytes) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{32}, std::size_t{5'000'000}}) {
    SecretBytes bytes(std::string(size, 'x'));
    const SecretBytes moved = std::move(bytes);
    EXPECT_EQ(moved.view(), std::string(size, 'x'));
  }
}

TEST(SecretBytes, ThereIsNoEndToHowMany) {
  std::vector<SecretBytes> many;
  for (int i = 0; i < 20'000; ++i) many.emplace_back("0123456789abcdef0123456789abcdef");
  for (const SecretBytes& one : many) EXPECT_EQ(one.view(), "0123456789abcdef0123456789abcdef");
}

}  // namespace
}  // namespace dunlin
