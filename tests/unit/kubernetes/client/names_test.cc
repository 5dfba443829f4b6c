#include "kubernetes/client/names.h"

#include <gmock/gmock.h>

namespace dunlin::kubernetes {
namespace {

using testing::StartsWith;

TEST(DnsLabel, ANameThatIsOneStaysItself) {
  EXPECT_EQ(dns_label("migrate-wait-shop"), "migrate-wait-shop");
  EXPECT_EQ(dns_label(std::string(63, 'a')), std::string(63, 'a'));
}

TEST(DnsLabel, EveryOtherNameBecomesOneOfItsOwn) {
  const std::string long_name(80, 'a');
  for (const std::string& name : {std::string("a.b"), std::string("a_b"), std::string("A-b"), long_name,
                                  long_name + "b", std::string("-a"), std::string("..."), std::string("a-")}) {
    EXPECT_TRUE(is_dns_label(dns_label(name))) << name;
    EXPECT_TRUE(is_dns_label(dns_label(name, 20))) << name;
    EXPECT_LE(dns_label(name, 20).size(), 20U) << name;
  }
  EXPECT_THAT(dns_label("a.b"), StartsWith("a-b-"));
  EXPECT_NE(dns_label("a.b"), dns_label("a_b"));
  EXPECT_NE(dns_label(long_name), dns_label(long_name + "b"));
  EXPECT_EQ(dns_label("a.b"), dns_label("a.b"));
}

TEST(LabelValue, MayHoldMoreThanADnsLabel) {
  EXPECT_EQ(label_value("Shop_1.2"), "Shop_1.2");
  EXPECT_TRUE(is_dns_label(label_value(std::string(64, 'a'))));
  EXPECT_TRUE(is_dns_label(label_value("shop.")));
}

}  // namespace
}  // namespace dunlin::kubernetes
