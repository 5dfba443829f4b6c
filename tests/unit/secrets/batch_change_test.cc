#include "secrets/batch_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dunlin::secrets {
namespace {

using testing::HasSubstr;

class BatchChange : public testing::Test {
 protected:
  StoredValue under(const SecretBytes& key, const char* id) {
    return {.key = {id}, .payload = Envelope::seal("plain", Keyring(key.view())).payload()};
  }
  Tally treat_all(Rotation rotation) {
    Tally tally;
    treat(
        column_, page_, ring_, rotation,
        [this](const std::vector<ChangedValue>& changes, std::size_t& changed) {
          for (const ChangedValue& change : changes) sent_.push_back(change);
          changed += changes.size();
        },
        tally);
    return tally;
  }

  SecretBytes old_key_ = make_key("kek-v1");
  SecretBytes new_key_ = make_key("kek-v2");
  SecretBytes strange_key_ = make_key("kek-v9");
  Keyring ring_{new_key_.view(), old_key_.view()};
  EncryptedColumn column_{.table = {"public", "users"}, .name = "token", .type = "text", .key = {{"id", "bigint"}}};
  std::vector<StoredValue> page_{under(old_key_, "1"), under(new_key_, "2"), under(strange_key_, "3"),
                                 StoredValue{.key = {"4"}, .payload = "nothing of ours"}};
  std::vector<ChangedValue> sent_;
};

TEST_F(BatchChange, OnlyWhatIsUnderAnOldKeyIsSent) {
  const Tally tally = treat_all(Rotation::reencrypt);
  EXPECT_EQ(tally.records, 4u);
  EXPECT_EQ(tally.old, 1u);
  EXPECT_EQ(tally.changed, 1u);
  EXPECT_EQ(tally.undecryptable, 2u);
  EXPECT_EQ(tally.unlike, 2u);
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_EQ(sent_[0].old, page_.data());
  EXPECT_EQ(Envelope::parse(sent_[0].payload).open(ring_).view(), "plain");
  EXPECT_TRUE(is_under_key(sent_[0].payload, "kek-v2"));
  ASSERT_EQ(tally.listed.size(), 2u);
  EXPECT_EQ(tally.listed[0].column, "public.users.token");
  EXPECT_EQ(tally.listed[0].key, "id=3");
  EXPECT_THAT(tally.listed[0].reason, HasSubstr("kek-v9"));
  EXPECT_THAT(tally.listed[1].reason, HasSubstr("not a JSON object"));
}

TEST_F(BatchChange, RehearsingAndVerifyingSendNothing) {
  EXPECT_EQ(treat_all(Rotation::rehearse).old, 1u);
  EXPECT_EQ(treat_all(Rotation::verify).keys.at("kek-v2"), 1u);
  EXPECT_TRUE(sent_.empty());
}

TEST_F(BatchChange, ADamagedValueIsFoundBeforeItIsChanged) {
  std::string& payload = page_[0].payload;
  payload.replace(payload.find("\"ciphertext\":\"") + 14, 4, "AAAA");
  EXPECT_EQ(treat_all(Rotation::reencrypt).undecryptable, 3u);
  EXPECT_TRUE(sent_.empty());
}

TEST(UnderKey, WhiteSpaceDoesNotMatter) {
  EXPECT_TRUE(is_under_key("{ \"key_id\" :\n\t\"kek-v2\" }", "kek-v2"));
  EXPECT_TRUE(is_under_key(R"({"key_id":"a\"b"})", "a\"b"));
  EXPECT_FALSE(is_under_key(R"({"key_id":"kek-v22"})", "kek-v2"));
  EXPECT_FALSE(is_under_key("kek-v2", "kek-v2"));
}

TEST(PageSql, TheOrderIsThatOfTheKeyAndNotOfItsText) {
  const EncryptedColumn column{
      .table = {"s", "t"}, .name = "v", .type = "text", .key = {{"a", "bigint"}, {"b", "uuid"}}};
  const StoredValue last{.key = {"9", "it's"}};
  EXPECT_EQ(page_sql(Dialect::postgres, column, &last, 10),
            "SELECT CAST(t.\"a\" AS text), CAST(t.\"b\" AS text), CAST(t.\"v\" AS text), 0 FROM \"s\".\"t\" AS t "
            "WHERE t.\"v\" IS NOT NULL AND (t.\"a\", t.\"b\") > (CAST('9' AS bigint), CAST('it''s' AS uuid)) "
            "ORDER BY t.\"a\", t.\"b\" LIMIT 10");
}

}  // namespace
}  // namespace dunlin::secrets
