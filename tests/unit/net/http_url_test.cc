#include <gtest/gtest.h>

#include "dunlin/error.h"
#include "net/http_client.h"

namespace dunlin::net {
namespace {

TEST(HttpUrl, HasDefaults) {
  const HttpUrl url = parse_http_url("http://search");
  EXPECT_FALSE(url.tls);
  EXPECT_EQ(url.host, "search");
  EXPECT_EQ(url.port, 80);
  EXPECT_EQ(url.target, "/");
  EXPECT_EQ(parse_http_url("https://search/").port, 443);
}

TEST(HttpUrl, HasEveryPart) {
  const HttpUrl url = parse_http_url("https://us%40er:p%2Fw@[::1]:9200/a%20b?c=d#e");
  EXPECT_TRUE(url.tls);
  EXPECT_EQ(url.host, "::1");
  EXPECT_EQ(url.port, 9200);
  EXPECT_EQ(url.target, "/a%20b?c=d");
  EXPECT_EQ(url.credentials, "us@er:p/w");
}

TEST(HttpUrl, RefusesOthersWithoutTheirPassword) {
  for (const std::string_view text : {"", "search:9200", "ftp://search/", "http://", "http:///x", "http://a b/"}) {
    EXPECT_THROW(parse_http_url(text), Failure) << text;
  }
  try {
    parse_http_url("ftp://user:s3cr3t-tern@host/");
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().message.find("s3cr3t"), std::string::npos) << failure.error().message;
  }
}

}  // namespace
}  // namespace dunlin::net
