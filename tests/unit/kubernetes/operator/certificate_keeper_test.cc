#include "kubernetes/operator/certificate_keeper.h"

#include <mutex>

#include <gtest/gtest.h>

#include "base/base64.h"
#include "dunlin/error.h"
#include "kubernetes/client/object.h"
#include "support/scripted_server.h"

namespace dunlin::manager {
namespace {

using namespace kubernetes;
using namespace std::chrono_literals;

class HandClock final : public Clock {
 public:
  Steady now() const override { return Clock::real().now(); }
  std::chrono::system_clock::time_point wall_now() const override { return Clock::real().wall_now() + ahead; }
  bool sleep(std::chrono::milliseconds pause, const Interrupt* interrupt) override {
    return Clock::real().sleep(pause, interrupt);
  }
  std::chrono::hours ahead{0};
};

// A Secret and a webhook configuration, kept as an API server keeps them.
class Keeping : public testing::Test {
 protected:
  ScriptedServer::Reply handle(const ScriptedServer::Request& request) {
    const std::scoped_lock lock(mutex_);
    Json& object = request.line().find("/secrets/") != std::string::npos          ? secret_
                   : request.line().find("/mutatingwebhook") != std::string::npos ? webhooks_
                                                                                  : validating_;
    if (object.is_null()) return ScriptedServer::answer(404, R"({"kind":"Status","reason":"NotFound"})");
    if (request.line().starts_with("GET")) {
      const std::string seen = object.dump();
      if (meanwhile_) std::exchange(meanwhile_, nullptr)(object);
      return ScriptedServer::answer(200, seen);
    }
    ++writes_;
    Json next = Json::parse(request.body);
    if (request.line().starts_with("PATCH")) {
      try {
        next = object.patch(next);
      } catch (const Json::exception&) {
        return ScriptedServer::answer(422, R"({"kind":"Status","reason":"Invalid"})");
      }
    } else if (resource_version_of(next) != resource_version_of(object)) {
      return ScriptedServer::answer(409, R"({"kind":"Status","reason":"Conflict"})");
    }
    object = std::move(next);
    object["metadata"]["resourceVersion"] = std::to_string(++version_);
    return ScriptedServer::answer(200, object.dump());
  }

  CertificateKeeper keeper() {
    return {api_,
            {.name_space = "system",
             .secret = "cert",
             .configurations = {WebhookConfiguration::parse("hooks"), WebhookConfiguration::parse("validating/hooks")},
             .names = {"hook.system.svc"}},
            clock_};
  }

  std::mutex mutex_;
  Json secret_{{"metadata", {{"name", "cert"}, {"resourceVersion", "1"}}}, {"type", "Opaque"}};
  Json webhooks_{{"metadata", {{"name", "hooks"}, {"resourceVersion", "1"}}},
                 {"webhooks",
                  {{{"name", "a"}, {"clientConfig", {{"service", Json::object()}}}},
                   {{"name", "b"}, {"clientConfig", {{"caBundle", "b2xk"}}}}}}};
  Json validating_{{"metadata", {{"name", "hooks"}, {"resourceVersion", "1"}}},
                   {"webhooks", {{{"name", "c"}, {"clientConfig", Json::object()}}}}};
  std::function<void(Json&)> meanwhile_;  // somebody writes between our reading and our writing
  int version_ = 1;
  int writes_ = 0;
  HandClock clock_;
  ScriptedServer server_{[this](const auto& request, int) { return handle(request); }};
  ApiClient api_{{.server = server_.url()}, {.user_agent = "x"}};
};

TEST_F(Keeping, AnEmptySecretIsFilledOnce) {
  const KeptCertificate kept = keeper().keep();
  EXPECT_TRUE(certificate_names(kept.certificate, {"hook.system.svc"}));
  EXPECT_EQ(split_certificates(kept.authorities).size(), 1U);
  EXPECT_EQ(keeper().keep(), kept);
  EXPECT_EQ(writes_, 1);
  EXPECT_EQ(text(field(secret_, "type")), "Opaque");
}

TEST_F(Keeping, TwoReplicasAgree) {
  KeptCertificate theirs;
  meanwhile_ = [&](Json& secret) {
    const auto made = make_serving_certificate(
        {"hook.system.svc"}, std::chrono::floor<std::chrono::seconds>(clock_.wall_now()), std::chrono::days{365});
    theirs = {made.certificate, made.key, made.authority, "theirs"};
    secret["data"] = {{"tls.crt", encode_base64(made.certificate)},
                      {"tls.key", encode_base64(made.key)},
                      {"ca.crt", encode_base64(made.authority)},
                      {"ready.key", encode_base64("theirs")}};
    secret["metadata"]["resourceVersion"] = "99";
  };
  EXPECT_EQ(keeper().keep(), theirs);
}

TEST_F(Keeping, ARenewedOneLeavesTheOldAuthorityBesideTheNew) {
  const KeptCertificate first = keeper().keep();
  clock_.ahead = 24h * 274;
  EXPECT_EQ(keeper().keep(), first);
  clock_.ahead = 24h * 276;
  const KeptCertificate second = keeper().keep();
  EXPECT_NE(second.certificate, first.certificate);
  EXPECT_TRUE(second.authorities.ends_with(first.authorities));
  EXPECT_EQ(split_certificates(second.authorities).size(), 2U);
  EXPECT_EQ(second.ready_key, first.ready_key);
  clock_.ahead = 24h * (276 + 276);
  EXPECT_EQ(split_certificates(keeper().keep().authorities).size(), 2U) << "the first has ended";
}

TEST_F(Keeping, ASecretThatSomebodySpoiledIsMended) {
  keeper().keep();
  const std::string key = secret_["data"]["tls.key"];
  secret_["data"]["tls.key"] = encode_base64("nothing");
  EXPECT_TRUE(key_belongs_to(keeper().keep().certificate, keeper().keep().key));
  EXPECT_NE(secret_["data"]["tls.key"], key);
}

TEST_F(Keeping, ACertificateOfAnotherAuthorityIsReplaced) {
  const std::string first = keeper().keep().certificate;
  const auto other = make_serving_certificate(
      {"hook.system.svc"}, std::chrono::floor<std::chrono::seconds>(clock_.wall_now()), std::chrono::days{365});
  secret_["data"]["ca.crt"] = encode_base64(other.authority);
  EXPECT_NE(keeper().keep().certificate, first);
}

TEST_F(Keeping, WhatWasTakenOutOfTheSecretIsPutBack) {
  CertificateKeeper one = keeper();
  const KeptCertificate kept = one.keep();
  secret_.erase("data");
  EXPECT_EQ(one.keep(), kept);
  EXPECT_EQ(keeper().keep(), kept) << "another replica reads the same";
  secret_["data"].erase("ready.key");
  EXPECT_EQ(one.keep(), kept);
  EXPECT_EQ(writes_, 3);
}

TEST_F(Keeping, ASecretOfAnOlderVersionGetsItsKey) {
  const KeptCertificate kept = keeper().keep();
  secret_["data"].erase("ready.key");
  const KeptCertificate next = keeper().keep();
  EXPECT_EQ(next.certificate, kept.certificate);
  EXPECT_EQ(next.ready_key.size(), 64U);
  EXPECT_NE(next.ready_key, kept.ready_key);
}

TEST_F(Keeping, ACertificateThatHasEndedIsRenewed) {
  CertificateKeeper one = keeper();
  const KeptCertificate kept = one.keep();
  clock_.ahead = 24h * 400;
  EXPECT_NE(one.keep().certificate, kept.certificate);
  EXPECT_EQ(split_certificates(one.keep().authorities).size(), 1U);
}

TEST_F(Keeping, WithoutTheSecretItSaysWhatToType) {
  secret_ = nullptr;
  try {
    keeper().keep();
    ADD_FAILURE();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().hint, "kubectl create secret generic cert --namespace system");
  }
}

TEST_F(Keeping, EveryWebhookIsToldOnce) {
  EXPECT_TRUE(keeper().announce("authority"));
  for (const Json& webhook : webhooks_["webhooks"]) {
    EXPECT_EQ(decode_base64(text(field(webhook, "clientConfig", "caBundle"))), "authority");
  }
  EXPECT_TRUE(webhooks_["webhooks"][0]["clientConfig"].contains("service"));
  EXPECT_EQ(decode_base64(text(field(validating_["webhooks"][0], "clientConfig", "caBundle"))), "authority");
  EXPECT_FALSE(keeper().announce("authority"));
  EXPECT_EQ(writes_, 2);
}

TEST_F(Keeping, AConfigurationThatIsNotThereIsNamedAndTheOthersAreTold) {
  webhooks_ = nullptr;
  CertificateKeeper one = keeper();
  EXPECT_TRUE(one.announce("authority"));
  EXPECT_EQ(one.missing(), std::vector<std::string>{"MutatingWebhookConfiguration hooks"});
  EXPECT_TRUE(validating_["webhooks"][0]["clientConfig"].contains("caBundle"));
}

TEST_F(Keeping, AConfigurationThatCannotBeWrittenDoesNotKeepTheOthersFromBeingTold) {
  webhooks_["webhooks"][0] = "this is no webhook";
  EXPECT_THROW(keeper().announce("authority"), Failure);
  EXPECT_TRUE(validating_["webhooks"][0]["clientConfig"].contains("caBundle"));
}

TEST(WebhookConfigurations, AreNamedWithTheirKind) {
  EXPECT_EQ(WebhookConfiguration::parse("a").resource.kind, "MutatingWebhookConfiguration");
  EXPECT_EQ(WebhookConfiguration::parse("mutating/a").resource.kind, "MutatingWebhookConfiguration");
  EXPECT_EQ(WebhookConfiguration::parse("validating/a").resource.kind, "ValidatingWebhookConfiguration");
  EXPECT_EQ(WebhookConfiguration::parse("validating/a").name, "a");
  EXPECT_THROW(WebhookConfiguration::parse("other/a"), Failure);
  EXPECT_THROW(WebhookConfiguration::parse("validating/"), Failure);
}

TEST_F(Keeping, WhoWritesTheConfigurationMeanwhileLosesNothing) {
  meanwhile_ = [](Json& webhooks) {
    Json& all = webhooks["webhooks"];
    all.insert(all.begin(), Json::object({{"name", "new"}, {"clientConfig", Json::object()}}));
    webhooks["metadata"]["resourceVersion"] = "50";
  };
  EXPECT_TRUE(keeper().announce("authority"));
  ASSERT_EQ(webhooks_["webhooks"].size(), 3U);
  for (const Json& webhook : webhooks_["webhooks"]) {
    EXPECT_EQ(decode_base64(text(field(webhook, "clientConfig", "caBundle"))), "authority");
  }
}

}  // namespace
}  // namespace dunlin::manager
