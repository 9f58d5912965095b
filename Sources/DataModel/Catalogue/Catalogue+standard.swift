extension Catalogue {
  /// The product's entities.
  package static let standard = Catalogue([
    EntityDefinition(
      "resource_handler", key: "name", about: "what servers are made on: a hypervisor, a cloud's account",
      [
        FieldDefinition("name", .string, required: true, about: "what people call it"),
        FieldDefinition(
          "kind", .string, required: true, searchable: true, about: "what it is, such as libvirt"),
        FieldDefinition("endpoint", .string, about: "where it is reached"),
      ]),
    EntityDefinition(
      "environment", key: "name", about: "a place for servers that belong together, such as prod",
      [
        FieldDefinition("name", .string, required: true, about: "what people call it"),
        FieldDefinition(
          "handler", .ref("resource_handler"), about: "what its servers are made on"),
      ]),
    EntityDefinition(
      "server", key: "hostname", about: "a machine that jobs made or found",
      [
        FieldDefinition("hostname", .string, required: true, about: "its host name"),
        FieldDefinition("ip", .string, searchable: true, about: "its address, as text"),
        FieldDefinition("cpus", .int, about: "how many processors it has"),
        FieldDefinition("memory_mib", .int, about: "its memory in MiB"),
        FieldDefinition("power", .string, about: "whether it is on, in the plug-in's words"),
        FieldDefinition("status", .string, searchable: true, about: "how it stands, in the plug-in's words"),
        FieldDefinition(
          "external_id", .string, searchable: true, about: "its id on the resource handler"),
        FieldDefinition("handler", .ref("resource_handler"), about: "what it was made on"),
        FieldDefinition("environment", .ref("environment"), about: "where it belongs"),
        FieldDefinition("owner", .string, searchable: true, about: "whose it is"),
        FieldDefinition(
          "created_at", .instant, about: "when it was made; nobody fills it in but the plug-in"),
      ]),
  ])
}
