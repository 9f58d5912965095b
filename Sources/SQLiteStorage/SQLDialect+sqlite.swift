package import Storage

extension SQLDialect {
  package static let sqlite = SQLDialect(
    name: "sqlite", integer: "integer", real: "real", text: "text", blob: "blob",
    keyedTable: " strict, without rowid", table: " strict",
    countTables: "select count(*) from sqlite_master where type = 'table' and name = $1",
    countAllTables: "select count(*) from sqlite_master where type = 'table'",
    describe: "select sql from sqlite_master where sql is not null order by type desc, name",
    checkPages: "pragma integrity_check(20)",
    size: "select page_count * page_size from pragma_page_count, pragma_page_size")
}
