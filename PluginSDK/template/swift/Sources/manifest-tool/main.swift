import BulkheadPlugin
import MyPlugin

ManifestCommand.run(plugin)
