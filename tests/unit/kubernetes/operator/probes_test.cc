#include "kubernetes/operator/probes.h"

#include <gtest/gtest.h>

namespace dunlin::manager {
namespace {

net::HttpResponse asked(const Probes& probes, const std::string& path) {
  net::HttpResponse answer;
  probes.handle({.method = "GET", .path = path, .authorization = {}, .body = {}},
                [&](net::HttpResponse response) { answer = std::move(response); });
  return answer;
}

const auto kWell = [] { return std::string(); };

TEST(Probes, SayOkWhenAllIsWell) {
  const Probes probes({}, {{"caches", kWell}});
  for (const char* path : {"/healthz", "/readyz", "/readyz/", "/readyz/caches"}) {
    EXPECT_EQ(asked(probes, path).status, 200U) << path;
    EXPECT_EQ(asked(probes, path).body, "ok") << path;
  }
  for (const char* path : {"/", "/readyz/other", "/readyzz", "/healthz/caches"}) {
    EXPECT_EQ(asked(probes, path).status, 404U) << path;
  }
}

TEST(Probes, SayWhatIsNotReadyYet) {
  const Probes probes({}, {{"caches", [] { return std::string("pods are not listed yet"); }}, {"certificate", kWell}});
  const net::HttpResponse answer = asked(probes, "/readyz");
  EXPECT_EQ(answer.status, 500U);
  EXPECT_EQ(answer.body, "[-]caches failed: pods are not listed yet\n[+]certificate ok\nreadyz check failed\n");
  EXPECT_EQ(asked(probes, "/readyz/certificate").status, 200U);
  EXPECT_EQ(asked(probes, "/readyz/caches").status, 500U);
  EXPECT_EQ(asked(probes, "/healthz").status, 200U);
}

TEST(Probes, WhoIsIllSaysSo) {
  const Probes probes({{"controller", [] { return std::string("it stands still"); }}}, {});
  EXPECT_EQ(asked(probes, "/healthz").status, 500U);
  EXPECT_EQ(asked(probes, "/readyz").status, 200U);
}

}  // namespace
}  // namespace dunlin::manager
