#include "datasets/vector/sqlite_file.h"

#include "base/error.h"

namespace multipole {

SqliteFile::SqliteFile(const std::filesystem::path& path) : path_(path) {
  sqlite3* database = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  database_.reset(database);
  check(code);
  run("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; "
      "PRAGMA cache_size = -16384;");
}

void SqliteFile::check(int code) const {
  if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
  const char* const reason = database_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(database_.get());
  throw ResourceError("cannot write " + path_.string() + ": " + reason);
}

void SqliteFile::run(const std::string& statements) {
  check(sqlite3_exec(database_.get(), statements.c_str(), nullptr, nullptr, nullptr));
}

int64_t SqliteFile::number(const std::string& query) {
  const Statement statement(*this, query);
  check(sqlite3_step(statement.statement_.get()));
  return sqlite3_column_int64(statement.statement_.get(), 0);
}

void SqliteFile::close() {
  check(sqlite3_close(database_.get()));
  database_.release();
}

SqliteFile::Statement::Statement(SqliteFile& file, const std::string& text) : file_(file) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(file.database_.get(), text.c_str(), -1, &statement, nullptr);
  statement_.reset(statement);
  file_.check(code);
}

void SqliteFile::Statement::bind(int parameter, int64_t value) {
  file_.check(sqlite3_bind_int64(statement_.get(), parameter, value));
}

void SqliteFile::Statement::bind(int parameter, double value) {
  file_.check(sqlite3_bind_double(statement_.get(), parameter, value));
}

void SqliteFile::Statement::bind(int parameter, const std::string& text) {
  file_.check(
      sqlite3_bind_text(statement_.get(), parameter, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT));
}

void SqliteFile::Statement::bind(int parameter, const std::vector<unsigned char>& blob) {
  file_.check(sqlite3_bind_blob64(statement_.get(), parameter, blob.data(), blob.size(), SQLITE_STATIC));
}

void SqliteFile::Statement::run() {
  const int code = sqlite3_step(statement_.get());
  file_.check(code);
  file_.check(sqlite3_reset(statement_.get()));
  file_.check(sqlite3_clear_bindings(statement_.get()));
}

}  // namespace multipole
