#include "kubernetes/operator/job_name.h"

#include <gmock/gmock.h>

#include "kubernetes/client/names.h"

namespace dunlin::manager {
namespace {

TEST(JobName, P1_11_IsMigrationsOperatorsWhereThatWorks) {
  EXPECT_EQ(job_name("shop"), "shop-migrations");
  EXPECT_EQ(job_name(std::string(52, 'a')), std::string(52, 'a') + "-migrations");
  const std::string long_name(253, 'a');
  EXPECT_EQ(job_name(long_name).size(), 63U);
  EXPECT_NE(job_name(long_name), job_name(std::string(252, 'a')));
}

TEST(WaiterName, P1_11_IsAContainerNameWhateverTheMigratorsIs) {
  EXPECT_EQ(waiter_name("testing"), "migrate-wait-testing");
  EXPECT_TRUE(kubernetes::is_dns_label(waiter_name("a.b")));
  EXPECT_TRUE(kubernetes::is_dns_label(waiter_name(std::string(253, 'a'))));
  EXPECT_NE(waiter_name("a.b"), waiter_name("a-b"));
}

}  // namespace
}  // namespace dunlin::manager
