#include "formats/numbering.h"

#include <gtest/gtest.h>

#include "dunlin/error.h"

namespace dunlin::formats {
namespace {

constexpr std::int64_t kNow = 1795000000;  // 2026-11-18 11:06:40 UTC

TEST(Numbering, NothingYetGetsTheTime) {
  EXPECT_EQ(next_version({}, kNow), "20261118110640");
}

TEST(Numbering, PlainNumbersGoOnInTheirWidth) {
  EXPECT_EQ(next_version({"1", "2", "10"}, kNow), "11");
  EXPECT_EQ(next_version({"0001", "0002"}, kNow), "0003");
  EXPECT_EQ(next_version({"000"}, kNow), "001");
  EXPECT_EQ(next_version({"099", "98"}, kNow), "100");
  EXPECT_EQ(next_version({"9999", "0001"}, kNow), "10000");
  EXPECT_EQ(next_version({"5"}, kNow), "6");
}

TEST(Numbering, StepsAreKept) {
  EXPECT_EQ(next_version({"10", "20", "30"}, kNow), "40");
  EXPECT_EQ(next_version({"0100", "0200", "0300"}, kNow), "0400");
  EXPECT_EQ(next_version({"10", "20"}, kNow), "21") << "two are no habit";
}

TEST(Numbering, DatesAndTimesAreFollowedByTheTime) {
  EXPECT_EQ(next_version({"20250101000000"}, kNow), "20261118110640");
  EXPECT_EQ(next_version({"20250101"}, kNow), "20261118110640");
  EXPECT_EQ(next_version({"1", "2", "20250101000000"}, kNow), "20261118110640");
}

TEST(Numbering, NeverAtOrBelowTheNewest) {
  EXPECT_EQ(next_version({"20261118110640"}, kNow), "20261118110641");
  EXPECT_EQ(next_version({"20301231235959"}, kNow), "20310101000000") << "it stays a time";
  EXPECT_EQ(next_version({"20260101000000123"}, kNow), "20260101000000124");
  EXPECT_EQ(next_version({"99999999999999"}, kNow), "100000000000000");
  EXPECT_THROW(next_version({"9223372036854775807"}, kNow), Failure);
}

TEST(Numbering, NamesAreMadeOfWords) {
  EXPECT_EQ(name_from_description("Add Invoices!"), "add_invoices");
  EXPECT_EQ(name_from_description("addInvoices"), "add_invoices");
  EXPECT_EQ(name_from_description("  add -- invoices_2 "), "add_invoices_2");
  EXPECT_EQ(name_from_description("../../etc/passwd"), "etc_passwd");
  EXPECT_EQ(name_from_description("add_invoices.sql"), "add_invoices");
  EXPECT_EQ(name_from_description("HTTP"), "http");
  EXPECT_EQ(name_from_description("naïve"), "na_ve");
}

TEST(Numbering, ADescriptionWithoutWordsIsAnError) {
  EXPECT_THROW(name_from_description(""), Failure);
  EXPECT_THROW(name_from_description("---"), Failure);
  EXPECT_THROW(name_from_description("漢字"), Failure);
  EXPECT_THROW(name_from_description(std::string(300, 'x')), Failure);
}

}  // namespace
}  // namespace dunlin::formats
