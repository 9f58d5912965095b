import BulkheadPlugin

ManifestCommand.run(plugin)
