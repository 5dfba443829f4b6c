#include "kubernetes/operator/webhook_certificate.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>

#include "base/base64.h"
#include "dunlin/error.h"
#include "kubernetes/client/object.h"
#include "net/http_connection.h"
#include "net/http_server.h"
#include "unit/kubernetes/operator/on_a_loop.h"

namespace dunlin::manager {
namespace {

using namespace std::chrono_literals;
using kubernetes::field;
using kubernetes::Json;
using testing::ElementsAre;
using testing::HasSubstr;

const char* const kSecret = "/api/v1/namespaces/system/secrets/cert";
const char* const kMutating = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/hooks";
const char* const kValidating = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/hooks";

class HandClock final : public Clock {
 public:
  Steady now() const override { return Clock::real().now(); }
  std::chrono::system_clock::time_point wall_now() const override { return Clock::real().wall_now() + ahead.load(); }
  bool sleep(std::chrono::milliseconds pause, const Interrupt* interrupt) override {
    return Clock::real().sleep(std::min<std::chrono::milliseconds>(pause, 5ms), interrupt);
  }
  std::atomic<std::chrono::hours> ahead{0h};
};

class Shown : public testing::Test {
 protected:
  Shown() {
    objects_[kSecret] = {{"metadata", {{"name", "cert"}}}, {"type", "Opaque"}};
    objects_[kMutating] = {{"webhooks", {{{"name", "a"}, {"clientConfig", Json::object()}}}}};
    objects_[kValidating] = objects_[kMutating];
  }

  ScriptedServer::Reply reply(const ScriptedServer::Request& request) {
    const std::scoped_lock lock(mutex_);
    const std::string line = request.line();
    const auto found = objects_.find(line.substr(line.find(' ') + 1));
    if (found == objects_.end()) return ScriptedServer::answer(404, R"({"kind": "Status", "reason": "NotFound"})");
    Json& object = found->second;
    object["metadata"]["resourceVersion"] = "1";
    if (line.starts_with("PUT")) object = Json::parse(request.body);
    if (line.starts_with("PATCH")) object = object.patch(Json::parse(request.body));
    return ScriptedServer::answer(200, object.dump());
  }

  std::string believed(const char* configuration) {
    const std::scoped_lock lock(mutex_);
    return decode_base64(kubernetes::text(field(objects_[configuration]["webhooks"][0], "clientConfig", "caBundle")))
        .value_or("");
  }
  void change(const std::function<void()>& what) {
    const std::scoped_lock lock(mutex_);
    what();
  }

  static WebhookCertificateOptions in_secret() {
    return {
        .plan = CertificatePlan{.name_space = "system",
                                .secret = "cert",
                                .configurations = {{.name = "hooks"}, WebhookConfiguration::parse("validating/hooks")},
                                .names = {"hook.system.svc"}},
        .folder = {}};
  }
  std::unique_ptr<WebhookCertificate> made(WebhookCertificateOptions options) {
    return std::make_unique<WebhookCertificate>(
        api_, std::move(options), tokens_, interrupt_, [this](const std::string& text) { problems_.push_back(text); },
        [this](bool well) { (well ? read_ : unread_)++; }, clock_);
  }

  // The certificate that a client which believes `authorities` gets to see serves it.
  testing::AssertionResult serves(const WebhookCertificate& certificate, const std::string& authorities) {
    LoopThread there;
    std::promise<std::uint16_t> port;
    std::unique_ptr<net::HttpServer> server;
    there.loop.post([&] {
      server = std::make_unique<net::HttpServer>(
          there.loop, net::Address{.host = "127.0.0.1", .port = 0},
          [](const net::HttpRequest&, const net::Respond& respond) {
            respond({.content_type = "text/plain", .body = "x"});
          },
          net::HttpLimits{}, &certificate.tls());
      port.set_value(server->address().port);
    });
    const std::uint16_t where = port.get_future().get();
    try {
      const net::TlsClient client({.authorities = authorities, .server_name = "hook.system.svc"});
      net::HttpConnection connection("127.0.0.1", where, &client, net::Patience::of(30s));
      return testing::AssertionResult(connection.send({.target = "/"}, net::Patience::of(30s)).status == 200);
    } catch (const Failure& failure) {
      return testing::AssertionFailure() << failure.what();
    }
  }

  std::mutex mutex_;
  std::map<std::string, Json> objects_;
  std::vector<std::string> problems_;
  int read_ = 0;
  int unread_ = 0;
  HandClock clock_;
  Interrupt interrupt_;
  ReadyTokens tokens_;
  ScriptedServer server_{[this](const auto& request, int) { return reply(request); }};
  kubernetes::ApiClient api_{{.server = server_.url()}, {.user_agent = "x"}};
};

TEST_F(Shown, ItIsMadeAnnouncedAndShown) {
  const auto certificate = made(in_secret());
  EXPECT_NE(certificate->unready(), "");
  EXPECT_TRUE(certificate->check());
  EXPECT_EQ(certificate->unready(), "");
  EXPECT_NE(believed(kMutating), "");
  EXPECT_EQ(believed(kMutating), believed(kValidating));
  EXPECT_TRUE(serves(*certificate, believed(kMutating)));
  EXPECT_NE(tokens_.token("n", "m", "i"), "");
  EXPECT_THAT(problems_, ElementsAre());
  EXPECT_EQ(read_, 1);
}

TEST_F(Shown, WhatAnApplyTakesAwayComesBack) {
  const auto certificate = made(in_secret());
  certificate->check();
  const std::string authorities = believed(kMutating);
  const std::string token = tokens_.token("n", "m", "i");
  change([&] {
    objects_[kSecret].erase("data");
    objects_[kMutating]["webhooks"][0]["clientConfig"].erase("caBundle");
  });
  EXPECT_TRUE(certificate->check());
  EXPECT_EQ(believed(kMutating), authorities);
  EXPECT_TRUE(serves(*certificate, authorities));
  EXPECT_EQ(tokens_.token("n", "m", "i"), token);
}

TEST_F(Shown, ACertificateThatHasEndedIsReplacedAndTokensStay) {
  const auto certificate = made(in_secret());
  certificate->check();
  const std::string before = believed(kMutating);
  const std::string token = tokens_.token("n", "m", "i");
  clock_.ahead = 24h * 300;
  EXPECT_TRUE(certificate->check());
  EXPECT_NE(believed(kMutating), before);
  EXPECT_TRUE(believed(kMutating).ends_with(before));
  EXPECT_EQ(tokens_.token("n", "m", "i"), token);
  clock_.ahead = 24h * 1000;
  EXPECT_TRUE(certificate->check());
  EXPECT_EQ(split_certificates(believed(kMutating)).size(), 1U);
}

TEST_F(Shown, WithoutTheSecretItIsNotReadyAndSaysSoOnce) {
  const Json secret = objects_[kSecret];
  change([&] { objects_.erase(kSecret); });
  const auto certificate = made(in_secret());
  EXPECT_FALSE(certificate->check());
  EXPECT_FALSE(certificate->check());
  EXPECT_THAT(certificate->unready(), HasSubstr("kubectl create secret generic cert"));
  EXPECT_EQ(problems_.size(), 1U);
  EXPECT_EQ(unread_, 2);
  change([&] { objects_[kSecret] = secret; });
  EXPECT_TRUE(certificate->check());
  EXPECT_EQ(certificate->unready(), "");
}

TEST_F(Shown, AConfigurationThatIsMissingDoesNotEndTheService) {
  const Json configuration = objects_[kValidating];
  change([&] { objects_.erase(kValidating); });
  const auto certificate = made(in_secret());
  EXPECT_FALSE(certificate->check());
  EXPECT_EQ(certificate->unready(), "");
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("ValidatingWebhookConfiguration hooks")));
  change([&] { objects_[kValidating] = configuration; });
  EXPECT_TRUE(certificate->check());
  EXPECT_EQ(believed(kValidating), believed(kMutating));
}

TEST_F(Shown, ItIsKeptUntilTheInterrupt) {
  const auto certificate = made(in_secret());
  std::thread keeping([&] { certificate->run(); });
  const auto until = std::chrono::steady_clock::now() + 60s;
  const auto eventually = [&](const auto& holds) {
    while (!holds() && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(2ms);
    return holds();
  };
  EXPECT_TRUE(eventually([&] { return certificate->unready().empty(); }));
  change([&] { objects_[kMutating]["webhooks"][0]["clientConfig"].erase("caBundle"); });
  EXPECT_TRUE(eventually([&] { return !believed(kMutating).empty(); }));
  interrupt_.request(0);
  keeping.join();
}

class Mounted : public Shown {
 protected:
  Mounted() : folder_(std::filesystem::temp_directory_path() / fmt::format("dunlin-certificate-{}", ::getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~Mounted() override { std::filesystem::remove_all(folder_); }

  void mount(const ServingCertificate& certificate, const std::string& key) {
    std::ofstream(folder_ / "tls.crt") << certificate.certificate;
    std::ofstream(folder_ / "tls.key") << key;
  }
  static ServingCertificate given() {
    return make_serving_certificate({"hook.system.svc"},
                                    std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()),
                                    std::chrono::days{1});
  }

  const std::filesystem::path folder_;
};

TEST_F(Mounted, FilesAreReadAgainWhenTheyChange) {
  const auto certificate = made({.plan = {}, .folder = folder_.string()});
  EXPECT_FALSE(certificate->check());
  EXPECT_THAT(certificate->unready(), HasSubstr("tls.crt is not there"));

  const ServingCertificate first = given();
  mount(first, first.key);
  EXPECT_TRUE(certificate->check());
  EXPECT_EQ(certificate->unready(), "");
  EXPECT_TRUE(serves(*certificate, first.authority));
  const std::string token = tokens_.token("n", "m", "i");
  EXPECT_NE(token, "");

  const ServingCertificate second = given();
  mount(second, first.key);
  EXPECT_FALSE(certificate->check()) << "only one of the files has come yet";
  EXPECT_EQ(certificate->unready(), "");
  EXPECT_TRUE(serves(*certificate, first.authority));
  mount(second, second.key);
  EXPECT_TRUE(certificate->check());
  EXPECT_TRUE(serves(*certificate, second.authority));
  EXPECT_FALSE(serves(*certificate, first.authority));
  EXPECT_NE(tokens_.token("n", "m", "i"), token);
  EXPECT_TRUE(tokens_.proves(token, "n", "m", "i"));
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(Mounted, OneThatHasEndedIsAProblem) {
  const auto certificate = made({.plan = {}, .folder = folder_.string()});
  const ServingCertificate first = given();
  mount(first, first.key);
  EXPECT_TRUE(certificate->check());
  clock_.ahead = 48h;
  EXPECT_FALSE(certificate->check());
  EXPECT_THAT(problems_.back(), HasSubstr("has ended"));
}

}  // namespace
}  // namespace dunlin::manager
