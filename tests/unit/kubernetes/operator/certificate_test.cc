#include "kubernetes/operator/certificate.h"

#include <future>
#include <thread>

#include <gtest/gtest.h>

#include "dunlin/error.h"
#include "net/http_connection.h"
#include "net/http_server.h"

namespace dunlin::manager {
namespace {

using namespace std::chrono_literals;

CertificateTime now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

TEST(Certificate, SaysWhatItIsFor) {
  const CertificateTime moment = now();
  const auto made = make_serving_certificate({"hook.system.svc", "127.0.0.1", "::1"}, moment, std::chrono::days{365});
  EXPECT_TRUE(certificate_names(made.certificate, {"hook.system.svc", "127.0.0.1", "::1"}));
  EXPECT_FALSE(certificate_names(made.certificate, {"hook.other.svc"}));
  EXPECT_FALSE(certificate_names("nothing", {"hook.system.svc"}));
  EXPECT_EQ(end_of_certificate(made.certificate), moment + 365 * 24h);
  EXPECT_EQ(end_of_certificate("nothing"), std::nullopt);
  EXPECT_TRUE(key_belongs_to(made.certificate, made.key));
  EXPECT_FALSE(key_belongs_to(made.certificate, make_serving_certificate({"x"}, now(), std::chrono::days{1}).key));
  EXPECT_FALSE(key_belongs_to(made.certificate, "nothing"));
}

TEST(Certificate, Bundles) {
  const auto one = make_serving_certificate({"x"}, now(), std::chrono::days{1}).authority;
  const auto two = make_serving_certificate({"x"}, now(), std::chrono::days{1}).authority;
  EXPECT_EQ(split_certificates(one + "# a remark\n" + two), (std::vector<std::string>{one, two}));
  EXPECT_TRUE(split_certificates(one.substr(0, 100)).empty());
}

// A server with certificates of this kind, and clients of several minds.
class Served : public testing::Test {
 protected:
  Served() {
    std::promise<std::uint16_t> port;
    thread_ = std::thread([&] {
      net::EventLoop loop;
      const net::HttpServer server(
          loop, {.host = "127.0.0.1", .port = 0},
          [](const net::HttpRequest& request, const net::Respond& respond) {
            respond({.content_type = "text/plain", .body = request.method + " " + request.path + " " + request.body});
          },
          {.body_bytes = 100}, &tls_);
      port.set_value(server.address().port);
      loop.run(interrupt_, [&] { loop.stop(); });
    });
    port_ = port.get_future().get();
  }
  ~Served() override {
    interrupt_.request(0);
    thread_.join();
  }

  net::HttpConnection connected(const std::string& authority, const std::string& name = "hook.system.svc") const {
    const net::TlsClient client({.authorities = authority, .server_name = name});
    return {"127.0.0.1", port_, &client, net::Patience::of(10s)};
  }

  static ServingCertificate made() {
    return make_serving_certificate({"hook.system.svc"}, now(), std::chrono::days{1});
  }

  ServingCertificate first_ = made();
  net::TlsServer tls_{first_.certificate, first_.key};
  Interrupt interrupt_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

TEST_F(Served, ToThoseWhoTrustTheAuthorityOnly) {
  net::HttpConnection connection = connected(first_.authority);
  connection.send({.method = "POST", .target = "/x?timeout=10s", .body = "hello"}, net::Patience::of(10s));
  EXPECT_EQ(connection.read_rest(1000, net::Patience::of(10s)), "POST /x hello");
  EXPECT_TRUE(connection.reusable());
  EXPECT_THROW(connected(made().authority), Failure);
  EXPECT_THROW(connected(first_.authority, "other.system.svc"), Failure);
}

TEST_F(Served, AReplacedCertificateIsForThoseWhoComeLater) {
  net::HttpConnection before = connected(first_.authority);
  const ServingCertificate next = made();
  tls_.replace(next.certificate, next.key);
  EXPECT_THROW(tls_.replace(next.certificate, first_.key), Failure);
  EXPECT_THROW(connected(first_.authority), Failure);
  net::HttpConnection after = connected(first_.authority + next.authority);
  for (net::HttpConnection* connection : {&before, &after}) {
    EXPECT_EQ(connection->send({.target = "/"}, net::Patience::of(10s)).status, 200U);
  }
}

TEST_F(Served, TooMuchIsRefused) {
  net::HttpConnection connection = connected(first_.authority);
  EXPECT_EQ(connection.send({.method = "POST", .body = std::string(101, 'x')}, net::Patience::of(10s)).status, 413U);
}

}  // namespace
}  // namespace dunlin::manager
