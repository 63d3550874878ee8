"""What JupyterLab's extension hears from a notebook's kernel and may ask of it (`extension/src/protocol.ts`)."""
