#include "apps/doctor/doctor.h"

#include <memory>

#include "apps/arguments/exit_code.h"
#include "apps/doctor/machine.h"
#include "apps/output/result_output.h"
#include "backbone/multipole/dispatch/self_test.h"
#include "base/text.h"

namespace multipole {
namespace {

constexpr size_t kDoctorKeyWidth = 16;

std::string doctor_row(const std::string& key, const std::string& value) {
  return pad_right(key, kDoctorKeyWidth) + value + "\n";
}

Json self_tests() {
  Json tests = Json::array();
  for (const auto& result : run_self_test()) {
    tests.push_back({{"name", result.name}, {"ok", result.ok}, {"detail", result.detail}});
  }
  return tests;
}

std::string bytes_or_unknown(const Json& bytes) {
  return bytes.is_null() ? "unknown" : byte_count(bytes.get<double>());
}

std::string report_text(const Json& report) {
  std::string text;
  for (const auto& [name, version] : report["versions"].items()) text += doctor_row(name, version.get<std::string>());
  const Json& processor = report["processor"];
  text += doctor_row("processor", processor["name"].get<std::string>());
  text += doctor_row("cores", processor["cores"].dump() + ", of which LibTorch uses " + processor["threads"].dump());
  std::string present, absent;
  for (const auto& [name, has] : processor["instruction_sets"].items())
    (has.get<bool>() ? present : absent) += name + " ";
  text += doctor_row("instructions",
                     present + (absent.empty() ? "" : "(not: " + absent.substr(0, absent.size() - 1) + ")"));
  text += doctor_row("memory", bytes_or_unknown(report["memory"]["available"]) + " free of " +
                                   bytes_or_unknown(report["memory"]["total"]));
  text += doctor_row("disk", bytes_or_unknown(report["disk"]["available"]) + " free in " +
                                 report["disk"]["folder"].get<std::string>());
  for (const auto& device : report["devices"]) {
    const bool available = device["available"].get<bool>();
    text += doctor_row("device " + device["name"].get<std::string>(),
                       available ? "available" : "not available: " + device["reason"].get<std::string>());
  }
  text += "\n";
  for (const auto& test : report["self_test"]) {
    text += std::string(test["ok"].get<bool>() ? "ok    " : "FAIL  ") + test["name"].get<std::string>() + ": " +
            test["detail"].get<std::string>() + "\n";
  }
  return text;
}

int doctor(bool json) {
  const Json report = {{"versions", describe_versions()}, {"processor", describe_processor()},
                       {"memory", describe_memory()},     {"disk", describe_disk()},
                       {"devices", describe_devices()},   {"self_test", self_tests()}};
  print_result(json ? json_line(report) : report_text(report));
  for (const auto& test : report["self_test"]) {
    if (!test["ok"].get<bool>()) return kExitFailure;
  }
  return kExitDone;
}

}  // namespace

void add_doctor_command(CLI::App& program, Run& run) {
  const auto json = std::make_shared<bool>(false);
  CLI::App* command = add_command(program, "doctor", "versions, devices, and a self-test of the attention operator",
                                  "multipole doctor --json");
  command->add_flag("--json", *json, "one JSON object on standard output");
  command->callback([json, &run] { run = [json] { return doctor(*json); }; });
}

}  // namespace multipole
