#include "net/address.h"

#include <gtest/gtest.h>

#include "support/thrown.h"

namespace dunlin::net {
namespace {

TEST(Address, IsWrittenAsServicesAreToldIt) {
  const std::pair<std::string_view, Address> kExamples[] = {
      {"127.0.0.1:8080", {"127.0.0.1", 8080}},
      {"[::1]:0", {"::1", 0}},
      {"localhost:65535", {"localhost", 65535}},
      {":9090", {"0.0.0.0", 9090}},
  };
  for (const auto& [text, expected] : kExamples) {
    const Address address = parse_address(text);
    EXPECT_EQ(address.host, expected.host) << text;
    EXPECT_EQ(address.port, expected.port) << text;
  }
  EXPECT_EQ(to_string(Address{"::1", 80}), "[::1]:80");
  EXPECT_EQ(to_string(Address{"db", 80}), "db:80");
}

TEST(Address, RefusesWhatIsNone) {
  for (const std::string_view text : {"", "8080", "host", "host:", "host:http", "host:65536", "::1:80", "host:-1"}) {
    EXPECT_THROW(parse_address(text), Failure) << text;
  }
}

TEST(Address, LoopbackIsThisMachineOnly) {
  for (const char* host : {"127.0.0.1", "127.1.2.3", "::1", "localhost"}) EXPECT_TRUE(is_loopback({host, 1})) << host;
  for (const char* host : {"0.0.0.0", "::", "10.0.0.1", "localhost.example.com"}) {
    EXPECT_FALSE(is_loopback({host, 1})) << host;
  }
}

}  // namespace
}  // namespace dunlin::net
