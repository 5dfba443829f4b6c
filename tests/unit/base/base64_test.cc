#include "base/base64.h"

#include <gtest/gtest.h>

namespace dunlin {
namespace {

// The examples of RFC 4648, section 10.
constexpr std::pair<std::string_view, std::string_view> kExamples[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
    {"\xfb\xff\xbf", "+/+/"},
};

TEST(Base64, BothWays) {
  for (const auto& [bytes, text] : kExamples) {
    EXPECT_EQ(encode_base64(bytes), text);
    EXPECT_EQ(decode_base64(text), std::string(bytes));
  }
}

TEST(Base64, EveryByteAtEveryPlace) {
  for (std::size_t size = 1; size <= 4; ++size) {
    for (int byte = 0; byte < 256; ++byte) {
      const std::string bytes(size, static_cast<char>(byte));
      EXPECT_EQ(decode_base64(encode_base64(bytes)), bytes);
    }
  }
}

TEST(Base64, ReadsNothingElse) {
  for (const std::string_view text :
       {"Z", "Zg", "Zg=", "Zg===", "=Zg=", "Zg==Zg==", "Zh==", "Zm9=", "Zm8 ", "Zm8\n", "Zm-_", "====", "\xc3\xa9Zg"}) {
    EXPECT_EQ(decode_base64(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace dunlin
